"""``trivium generate``: run the engine in this process and write its text to the terminal."""

import sys
from typing import Annotated, Any

import typer

from service.cli.flags import with_settings
from service.settings import Settings, SettingsError
from service.settings.groups import EngineSettings, ModelSettings


@with_settings(ModelSettings, EngineSettings)
def generate(
    prompt: Annotated[str, typer.Argument(help="The text to continue or answer. A dash reads it from standard input.")],
    max_tokens: Annotated[int, typer.Option(help="Most tokens to generate.", min=1)] = 256,
    temperature: Annotated[float, typer.Option(help="0 always takes the most likely token.", min=0)] = 0.0,
    seed: Annotated[int, typer.Option(help="The same seed draws the same tokens.")] = 0,
    chat: Annotated[
        bool | None,
        typer.Option("--chat/--raw", help="Use the model's chat template, or not. Default: if the model has one."),
    ] = None,
    **flags: Any,
) -> None:
    """Generate text in this terminal, without a server."""
    settings = Settings.load(flags)
    text = sys.stdin.read() if prompt == "-" else prompt
    write_text(settings, text, max_tokens=max_tokens, temperature=temperature, seed=seed, chat=chat)


def write_text(
    settings: Settings, text: str, *, max_tokens: int, temperature: float, seed: int, chat: bool | None
) -> None:
    """Write the continuation of a text, or the answer to it, to standard output.

    ``chat``: use the model's chat template; None: if the model has one. Raises ModelStoreError, SettingsError,
    TaskError and ProcessError.
    """
    from rich.console import Console

    from service import logs
    from service.engine.engine import Engine
    from service.engine.execution.runner import ModelRunner
    from service.engine.protocol.outputs import FinishReason
    from service.engine.protocol.request import Request
    from service.engine.protocol.sampling_params import SamplingParams
    from service.errors import UnsupportedAdapter
    from service.store import open_store
    from service.tasks.text.detokenizer import Detokenizer
    from service.tasks.text.tokenizer import Tokenizer

    logs.configure("warning", as_json=False, prompts=True)  # only this terminal shows the log
    spec = settings.model_specs()[0]
    if len(spec.adapters) > 1:
        raise SettingsError("adapter: a text is generated with one adapter at most")
    store = open_store(settings)
    model = store.ensure(spec.source)
    draft = store.ensure(source) if (source := spec.settings.draft_source) else None
    tokenizer = Tokenizer.load(model.path)
    if tokenizer.has_chat_template if chat is None else chat:
        rendered = tokenizer.render_chat([{"role": "user", "content": text}])
        prompt = tokenizer.encode(rendered, add_special_tokens=False)
    else:
        prompt = tokenizer.encode(text)
    params = SamplingParams(
        max_tokens=max_tokens, temperature=temperature, seed=seed, stop_token_ids=tokenizer.eos_token_ids
    )
    with Console(stderr=True).status(f"loading {model.name}"):
        config = spec.settings.engine_config(model, draft)
        engine = Engine(ModelRunner(config), config)
    adapter = ""
    for adapter, path in spec.adapters.items():
        if error := engine.load_adapter(adapter, str(path)).error:
            raise UnsupportedAdapter(error)
    engine.add(Request(id="terminal", prompt=tuple(prompt), params=params, adapter=adapter))
    detokenizer = Detokenizer(tokenizer, prompt)
    while engine.has_work:
        for output in engine.step().outputs:
            if output.token is not None and output.finish is not FinishReason.STOP:
                _write(detokenizer.feed(output.token))
    _write(detokenizer.flush() + "\n")


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
