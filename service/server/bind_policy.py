"""Who could use a service that is about to start: not everybody, unless somebody has said so."""

import socket
from ipaddress import ip_address

from service.errors import SettingsError
from service.keys.file import KeyFile
from service.settings import Settings, env_name


def check(settings: Settings) -> None:
    """Raises SettingsError if others could come in without a key, KeyFileError for keys that cannot be read."""
    if settings.keys_file is not None:
        KeyFile(settings.keys_file).read()
    elif not settings.allow_unauthenticated and not _is_loopback(settings.host):
        raise SettingsError(
            f"host: others can reach {settings.host!r}, and there are no keys: set {env_name('keys_file')} "
            f"(trivium keys add makes the file), or {env_name('allow_unauthenticated')}=1 to let everybody in"
        )


def _is_loopback(host: str) -> bool:
    """Whether only this machine reaches it; not so where a name has no address at all."""
    try:
        found = socket.getaddrinfo(host, None)
    except (OSError, UnicodeError):
        return False
    return all(ip_address(address[0]).is_loopback for *_, address in found)
