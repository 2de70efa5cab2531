"""The bind policy: without keys, the service listens only on loopback addresses, unless explicitly allowed."""

import socket
from ipaddress import ip_address

from service.errors import SettingsError
from service.settings import Settings, env_name


def check(settings: Settings) -> None:
    """Raises SettingsError if other machines could reach the service without a key."""
    if settings.keys_file is None and not settings.allow_unauthenticated and not _is_loopback(settings.host):
        raise SettingsError(
            f"host: others can reach {settings.host!r}, and there are no keys: set {env_name('keys_file')} "
            f"(trivium keys add makes the file), or {env_name('allow_unauthenticated')}=1 to serve without keys"
        )


def _is_loopback(host: str) -> bool:
    """Whether only this machine can reach the host; an empty one is every interface. Raises SettingsError."""
    try:
        found = socket.getaddrinfo(host or "0.0.0.0", None)
    except (OSError, UnicodeError):
        raise SettingsError(f"host: {host!r} has no address") from None
    return all(ip_address(address[0]).is_loopback for *_, address in found)
