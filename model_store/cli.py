"""``trivium models``: list and show models, pull, verify and remove them.

An error is one clear line on stderr and exit code 1. The store is imported inside of the commands, because
every ``trivium`` command imports this file.
"""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape
from rich.table import Table

from model_store.errors import ModelStoreError

if TYPE_CHECKING:
    from model_store.catalog import CatalogEntry
    from model_store.manifest import Manifest
    from model_store.store import Store

app = typer.Typer(help="Models: the catalogue and the models on this disk.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="A name in the catalogue, owner/name[@revision] on the hub, or a path.")]


@app.callback()
def models(
    context: typer.Context,
    model_dir: Annotated[Path | None, typer.Option(help="Where models are kept.", envvar="TRIVIUM_MODEL_DIR")] = None,
) -> None:
    """Models: the catalogue and the models on this disk."""
    from model_store.store import Store, default_root

    context.obj = Store(model_dir.expanduser() if model_dir else default_root())


@app.command("list")
def list_models(context: typer.Context) -> None:
    """List the catalogue and every other model in the store."""
    store: Store = context.obj
    stored = {manifest.name: manifest for manifest, _ in store.list()}
    table = Table("model", "here", "size", "languages", "about", box=None, pad_edge=False)
    table.columns[0].no_wrap = True
    for name, entry in store.catalog.models.items():
        manifest = stored.pop(name, None)
        here = "yes" if manifest else "no" if entry.supported else "unsupported"
        about = [entry.description]
        about += ["the default"] if name == store.catalog.default else []
        about += [] if entry.tested else ["not tested here"]
        table.add_row(name, here, _size(entry, manifest), " ".join(entry.languages) or "many", "; ".join(about))
    for name, manifest in stored.items():
        table.add_row(escape(name), "yes", decimal(manifest.size), "", escape(f"from {manifest.source}"))
    Console().print(table)
    typer.echo(f"\nstored in {store.root}")


@app.command()
def show(context: typer.Context, name: Name) -> None:
    """Show all facts about one model."""
    store: Store = context.obj
    with _errors_reported():
        stored = {manifest.name: (manifest, directory) for manifest, directory in store.list()}.get(name)
        entry = store.catalog.models.get(name)
        facts = _entry_facts(entry) if entry else {}
        if stored:
            facts |= _stored_facts(*stored)
        elif not entry:
            model = store.find(name)
            if model is None:
                raise ModelStoreError(f"{name} is neither in the catalogue nor in the store")
            facts |= {"path": str(model.path)}
        else:
            facts |= {"here": "no"}
    table = Table("model", escape(name), box=None, pad_edge=False)
    for fact, value in facts.items():
        table.add_row(fact, escape(value))
    Console().print(table)


@app.command()
def pull(context: typer.Context, name: Name) -> None:
    """Download and convert a model, unless it is on this disk."""
    store: Store = context.obj
    if not sys.stderr.isatty():  # progress is shown as log lines then
        logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
        logging.getLogger("httpx").setLevel(logging.WARNING)
    with _errors_reported():
        model = store.ensure(name)
    typer.echo(f"{model.name} is in {model.path}")


@app.command()
def verify(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(help="Stored models. Default: all of them.")] = None,
) -> None:
    """Read every file of stored models and compare it with the manifest."""
    store: Store = context.obj
    for name in names or [manifest.name for manifest, _ in store.list()]:
        with _errors_reported():
            manifest = store.verify(name)
        typer.echo(f"{name}: {len(manifest.files)} files are unchanged")


@app.command()
def remove(
    context: typer.Context,
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete a model from the store. Models that are used in place are never touched."""
    store: Store = context.obj
    if not yes:
        typer.confirm(f"Delete {name} from {store.root}?", abort=True)
    with _errors_reported():
        store.remove(name)
    typer.echo(f"{name} is removed")


@contextmanager
def _errors_reported() -> Iterator[None]:
    """Turn an error of the store into a line on stderr and exit code 1."""
    try:
        yield
    except (ModelStoreError, OSError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error


def _size(entry: "CatalogEntry", manifest: "Manifest | None") -> str:
    if manifest:
        return decimal(manifest.size)
    return decimal(entry.size) if entry.size else ""


def _entry_facts(entry: "CatalogEntry") -> dict[str, str]:
    facts = {
        "about": entry.description,
        "licence": entry.licence,
        "languages": " ".join(entry.languages) or "many",
        "tasks": " ".join(entry.tasks),
        "context": f"{entry.context_length} tokens",
        "tested": "yes" if entry.tested else "not with this release",
    }
    if entry.terms:
        facts["terms"] = entry.terms
    if not entry.supported:
        facts["supported"] = f"no: {entry.reason}"
    if entry.artifact:
        facts |= {"artifact": f"{entry.artifact.file}, {entry.artifact.size} bytes", "sha256": entry.artifact.sha256}
        facts |= {"with": "\n".join(f"{file.file}, {file.size} bytes" for file in entry.files)} if entry.files else {}
        facts |= {"sources": "\n".join(str(source) for source in entry.sources)}
    if entry.hub:
        facts["sources"] = f"hub {entry.hub.repo}@{entry.hub.revision}"
    return facts | ({"notes": "\n".join(entry.notes)} if entry.notes else {})


def _stored_facts(manifest: "Manifest", directory: Path) -> dict[str, str]:
    files = "\n".join(f"{name}, {file.size} bytes" for name, file in manifest.files.items())
    facts = {"here": str(directory), "size": decimal(manifest.size), "files": files, "made from": manifest.source}
    return facts | ({"revision": manifest.revision} if manifest.revision else {})
