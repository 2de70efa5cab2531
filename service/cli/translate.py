"""``trivium translate``: translate a file, with a model in this process's children or by a running service."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.flags import with_settings
from service.errors import TranslationFailed
from service.settings import Settings
from service.settings.groups import EngineSettings, ModelSettings

if TYPE_CHECKING:
    import httpx

_ROUTE = "/v1/translate/document"
_POLL_SECONDS = 0.2
_SECONDS = 60.0  # that a service may need to take the file, or to answer


@with_settings(ModelSettings, EngineSettings)
def translate(
    file: Annotated[
        Path, typer.Argument(help="The file: its extension tells the format.", exists=True, dir_okay=False)
    ],
    to: Annotated[str, typer.Option("--to", help="The language to translate to: a name, or a code such as fr.")],
    source: Annotated[str | None, typer.Option("--from", help="The language of the file. Default: detected.")] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The translated file. Default: FILE with the language in its name."),
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="The encoding of subtitles, such as cp1251. Default: found by their characters.")
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(help="A running service that translates. Default: the model is loaded here for this file alone."),
    ] = None,
    key: Annotated[
        str | None, typer.Option(envvar="TRIVIUM_KEY", help="The key for the service at --url.", show_envvar=True)
    ] = None,
    **flags: Any,
) -> None:
    """Translate a file: texts, Markdown, subtitles, catalogues of messages, office documents."""
    settings = Settings.load(flags)
    wishes = {"target_lang": to, "source_lang": source, "encoding": encoding}
    fields = {name: wish for name, wish in wishes.items() if wish is not None}
    upload = file.name, file.read_bytes()
    document, data = asyncio.run(_translate(settings, upload, fields, url, key))
    written = output or file.with_name(f"{file.stem}.{document['target_lang']}{file.suffix}")
    written.write_bytes(data)
    typer.echo(str(written))
    if document["encoding"] is not None:
        typer.echo(f"Its encoding is {document['encoding']}: the one of the file lacks characters.", err=True)
    if document["flags"]:
        doubts = ", ".join(f"{flag}: {count}" for flag, count in sorted(document["flags"].items()))
        typer.echo(f"Doubtful sentences: {doubts}", err=True)


async def _translate(
    settings: Settings, upload: tuple[str, bytes], fields: dict[str, str], url: str | None, key: str | None
) -> tuple[dict[str, Any], bytes]:
    """Translate a file, given by its name and its bytes. Returns the document and the bytes of the translated file.

    Raises TranslationFailed.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("loading" if url is None else "sending", total=None)
        async with _remote(url, key) if url is not None else _local(settings) as http:
            sent = await http.post(_ROUTE, files={"file": upload}, data=fields)
            document = _checked(sent).json()
            path = f"{_ROUTE}/{document['id']}"
            try:
                while document["status"] in ("queued", "translating"):
                    await asyncio.sleep(_POLL_SECONDS)
                    document = _checked(await http.get(path)).json()
                    segments = document["segments"]
                    if segments["total"]:
                        values = {"total": segments["total"], "completed": segments["done"]}
                        progress.update(task, description=upload[0], **values)
                if document["problem"] is not None:
                    raise TranslationFailed(document["problem"]["message"])
                data = _checked(await http.get(f"{path}/result")).content
            finally:
                await http.delete(path)
    return document, data


@asynccontextmanager
async def _remote(url: str, key: str | None) -> AsyncIterator["httpx.AsyncClient"]:
    """The service at this address. Raises TranslationFailed if there is none."""
    import httpx

    headers = {} if key is None else {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=_SECONDS) as http:
        try:
            yield http
        except httpx.HTTPError as error:
            raise TranslationFailed(f"{url}: {str(error) or type(error).__name__}") from None


@asynccontextmanager
async def _local(settings: Settings) -> AsyncIterator["httpx.AsyncClient"]:
    """A service without a socket, which ends with the block."""
    import httpx

    from service import logs
    from service.engine import ENGINE_WORKER
    from service.processes.child_process import ChildProcess
    from service.server.serve import make_app

    logs.configure("warning", as_json=False, prompts=False)
    with ChildProcess(ENGINE_WORKER) as process:
        app = make_app(settings, process, None)
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://trivium", timeout=None) as http:
                yield http


def _checked(answer: "httpx.Response") -> "httpx.Response":
    """The answer itself. Raises TranslationFailed with the message of an error."""
    if answer.is_error:
        try:
            message = answer.json()["error"]["message"]
        except (ValueError, KeyError, TypeError):
            message = f"the service answered with status {answer.status_code}"
        raise TranslationFailed(message)
    return answer
