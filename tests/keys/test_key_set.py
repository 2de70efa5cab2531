"""Keys are found by their whole secret."""

import pytest

from service.keys.key_set import KeySet
from tests.keys.making import key

KEYS = [key("a", "tv-first"), key("b", "tv-second"), key("c", "\ud800")]


def test_each_key_is_found_by_its_secret() -> None:
    keys = KeySet(KEYS)
    assert list(keys) == KEYS
    assert [keys.find(secret) for secret in ("tv-first", "tv-second", "\ud800")] == KEYS


@pytest.mark.parametrize("secret", ["", "tv-", "tv-firs", "tv-first ", "TV-FIRST", KEYS[0].digest])
def test_any_other_secret_finds_no_key(secret: str) -> None:
    assert KeySet(KEYS).find(secret) is None
    assert KeySet([]).find(secret) is None
