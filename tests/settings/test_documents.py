"""Values of settings as text. The tests of ``trivium settings`` compare the whole documents."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ByteSize

from service.settings import Settings
from service.settings.documents import Kind, kind_of, spec_text, value_text
from service.settings.model_table import ModelTable


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
        (("a", "https://me:hunter2@example.org"), "a, https://...@example.org"),
        (frozenset({"b", "a"}), "a, b"),
        ({"tone": Path("/tone"), "style": Path("/style")}, "tone=/tone, style=/style"),
    ],
)
def test_a_value_is_written_as_a_person_would_without_passwords(value: Any, text: str) -> None:
    assert value_text(value) == text


def test_settings_are_common_or_advanced() -> None:
    kinds = {name: kind_of(field) for name, field in Settings.model_fields.items()}
    assert kinds["port"] is Kind.COMMON
    assert set(kinds.values()) == set(Kind)


def test_a_served_model_is_one_line_with_what_its_table_says() -> None:
    table = ModelTable(
        source="org/chat", load="demand", kv_cache_memory=ByteSize(2 << 30), adapters={"tone": Path("/tone")}
    )
    chat, reader = Settings(models={"chat": table}, reader="org/spans").model_specs()
    assert spec_text(chat) == "source org/chat; load demand; adapters tone=/tone; kv_cache_memory 2.0GiB"
    assert spec_text(reader) == "source org/spans; capabilities answer; default_for answer"
