"""Checks of who can reach the service: its address and its keys."""

from datetime import UTC, datetime

from service.doctor.finding import Finding, ok, problem, warning
from service.errors import KeyFileError, ListenError, SettingsError
from service.keys.file import KeyFile
from service.server import bind_policy, listening
from service.settings import Settings


def address(settings: Settings) -> Finding:
    """The address: whether it may be used, and is free."""
    try:
        bind_policy.check(settings)
        sockets = listening.bind(settings.host, settings.port)
    except SettingsError as error:
        return problem(str(error), "change --host, or make keys")
    except ListenError as error:
        return problem(str(error), "if the other process is this service, it runs already")
    shown = ", ".join(map(listening.text, sockets))
    listening.close(sockets)
    return ok(f"{shown} is free")


def keys(settings: Settings) -> Finding:
    """The file of keys: whether it can be read, by whom, and how many keys are valid."""
    if settings.keys_file is None:
        return ok("no keys: requests need none")
    file = KeyFile(settings.keys_file)
    try:
        found = file.read()
        mode = file.path.stat().st_mode
    except KeyFileError as error:
        return problem(str(error), "trivium keys add makes the file")
    now = datetime.now(UTC)
    valid = [key for key in found if key.expires is None or key.expires > now]
    facts = f"{file.path}: {len(valid)} valid keys, {len(found) - len(valid)} expired"
    if mode & 0o077:
        return warning(f"{facts}; others can read it", f"chmod 600 {file.path}")
    if not valid:
        return warning(facts, "every request is refused until trivium keys add makes a key")
    return ok(facts)
