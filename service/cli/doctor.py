"""``trivium doctor``: whether this machine can serve with these settings, and what to do if not."""

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.flags import with_settings
from service.errors import SettingsError
from service.settings import Settings

if TYPE_CHECKING:
    from service.doctor.checks import Result


@with_settings()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False, **flags: Any
) -> None:
    """Check everything that serving needs. Exit code 0 if nothing prevents it, else 1.

    Takes the flags of serve. It loads no model and opens no connection.
    """
    from service.doctor.checks import Result, examine
    from service.doctor.finding import Status, ok, problem

    results: list[Result] = []
    try:
        settings = Settings.load(flags)
    except SettingsError as error:
        results.append(
            Result("settings", problem(str(error), "correct this setting; the other checks need all of them"))
        )
    else:
        results.append(Result("settings", ok("valid; trivium settings lists them with their sources")))
        results += examine(settings)
    can_serve = all(result.finding.status is not Status.PROBLEM for result in results)
    if as_json:
        checks = [{"name": result.name, **asdict(result.finding)} for result in results]
        typer.echo(json.dumps({"can_serve": can_serve, "checks": checks}, ensure_ascii=False, indent=2))
    else:
        _print(results, can_serve)
    if not can_serve:
        sys.exit(1)


def _print(results: list["Result"], can_serve: bool) -> None:
    width = max(len(result.name) for result in results)
    for result in results:
        finding = result.finding
        typer.echo(f"{finding.status:<7}  {result.name:<{width}}  {finding.facts}")
        if finding.advice:
            typer.echo(f"{'':<7}  {'':<{width}}  -> {finding.advice}")
    typer.echo("Nothing prevents serving." if can_serve else "Serving is prevented by each problem above.")
