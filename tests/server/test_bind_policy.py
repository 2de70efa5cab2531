"""The bind policy: which addresses need keys."""

from pathlib import Path

import pytest

from service.errors import SettingsError
from service.server import bind_policy
from service.settings import Settings

OTHERS_CAN_REACH = ["0.0.0.0", "::", "0", "", "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "localhost"])
def test_a_loopback_address_needs_no_keys(host: str) -> None:
    bind_policy.check(Settings(host=host))


@pytest.mark.parametrize("host", OTHERS_CAN_REACH)
def test_another_address_needs_keys_or_an_explicit_permission(host: str) -> None:
    with pytest.raises(SettingsError, match="host: others can reach"):
        bind_policy.check(Settings(host=host, keys_file=None))
    bind_policy.check(Settings(host=host, keys_file=None, allow_unauthenticated=True))
    bind_policy.check(Settings(host=host, keys_file=Path("keys.json")))


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70, "1.2.3.4.5"])
def test_a_host_without_an_address_is_named(host: str) -> None:
    with pytest.raises(SettingsError, match=rf"^host: '{host}' has no address$"):
        bind_policy.check(Settings(host=host))
