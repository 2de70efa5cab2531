"""``trivium keys``: add, list and revoke keys. A running service sees a change within a second."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from service.cli.flags import with_settings
from service.errors import SettingsError
from service.keys.file import KeyFile
from service.keys.key import MOST_URGENT, NAME, Key, Scope, digest, new_secret
from service.settings import Settings, env_name, flag_name

app = typer.Typer(help="Manage the keys of the service.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Letters, digits, dots, dashes and underscores; at most 64.")]
_DURATION = re.compile(r"(\d{1,5})([dh])", re.ASCII)


@app.command()
@with_settings(names=["keys_file"])
def add(
    name: Name,
    scope: Annotated[list[Scope], typer.Option(help="What the key may do. Repeat the flag for more scopes.")],
    requests_per_minute: Annotated[int | None, typer.Option(help="Default: no limit.", min=1)] = None,
    tokens_per_minute: Annotated[
        int | None, typer.Option(help="Prompts and outputs together. Default: no limit.", min=1)
    ] = None,
    priority: Annotated[
        int,
        typer.Option(help="The most urgent priority of its requests.", min=MOST_URGENT, max=-MOST_URGENT),
    ] = 0,
    expires: Annotated[
        str | None, typer.Option(help="A date, a date and time, or a time from now such as 90d or 12h.")
    ] = None,
    **flags: Any,
) -> None:
    """Make a key and print its secret. The secret cannot be shown again."""
    file = _key_file(flags)
    if not re.match(NAME, name):
        raise typer.BadParameter("letters, digits, dots, dashes and underscores; at most 64", param_hint="NAME")
    now = datetime.now(UTC).replace(microsecond=0)
    secret = new_secret()
    file.add(
        Key(
            name=name,
            digest=digest(secret),
            scopes=frozenset(scope),
            requests_per_minute=requests_per_minute,
            tokens_per_minute=tokens_per_minute,
            priority=priority,
            created=now,
            expires=None if expires is None else _parse_expiry(expires, now),
        )
    )
    typer.echo(f"The key {name} is in {file.path}. Its secret is shown only now:", err=True)
    typer.echo(secret)


@app.command("list")
@with_settings(names=["keys_file"])
def list_keys(**flags: Any) -> None:
    """List all keys, without their secrets."""
    from rich.console import Console
    from rich.table import Table

    table = Table(
        "name", "scopes", "requests/min", "tokens/min", "priority", "created", "expires", box=None, pad_edge=False
    )
    now = datetime.now(UTC)
    for key in _key_file(flags).read():
        end = "never" if key.expires is None else f"{key.expires:%Y-%m-%d %H:%M}"
        table.add_row(
            key.name,
            " ".join(sorted(key.scopes)),
            str(key.requests_per_minute or "no limit"),
            str(key.tokens_per_minute or "no limit"),
            str(key.priority),
            f"{key.created:%Y-%m-%d}",
            f"{end} (expired)" if key.expires is not None and key.expires <= now else end,
        )
    Console().print(table)


@app.command()
@with_settings(names=["keys_file"])
def revoke(name: Annotated[str, typer.Argument(help="A key's name.")], **flags: Any) -> None:
    """Remove a key: requests with it are refused from now on."""
    _key_file(flags).revoke(name)
    typer.echo(f"{name} is revoked")


def _key_file(flags: dict[str, Any]) -> KeyFile:
    path = Settings.load(flags).keys_file
    if path is None:
        raise SettingsError(f"keys_file: name the key file with {flag_name('keys_file')} or {env_name('keys_file')}")
    return KeyFile(path)


def _parse_expiry(text: str, now: datetime) -> datetime:
    """The time that ``--expires`` means. A time without a zone is in UTC. Raises typer.BadParameter."""
    if duration := _DURATION.fullmatch(text):
        count = int(duration[1])
        return now + (timedelta(days=count) if duration[2] == "d" else timedelta(hours=count))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        message = "must be like 2027-01-31, 2027-01-31T12:00, 90d or 12h"
        raise typer.BadParameter(message, param_hint="--expires") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
