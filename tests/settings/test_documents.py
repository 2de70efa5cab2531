"""Values of settings as text. The tests of ``trivium settings`` compare the whole documents."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ByteSize

from service.settings import Settings
from service.settings.documents import Kind, kind_of, value_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (0.5, "0.5"),
        (Path("/a/b"), "/a/b"),
        (ByteSize(2 << 30), "2.0GiB"),
        (ByteSize(0), "0"),
        ("https://example.org/simple", "https://example.org/simple"),
        ("https://me:hunter2@example.org/simple", "https://...@example.org/simple"),
        ("https://token@example.org", "https://...@example.org"),
        ("me@example.org", "me@example.org"),
    ],
)
def test_a_value_is_written_as_a_person_would_without_passwords(value: Any, text: str) -> None:
    assert value_text(value) == text


def test_settings_are_common_or_advanced() -> None:
    kinds = {name: kind_of(field) for name, field in Settings.model_fields.items()}
    assert kinds["port"] is Kind.COMMON
    assert set(kinds.values()) == set(Kind)
