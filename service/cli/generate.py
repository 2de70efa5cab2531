"""``trivium generate``: the engine in this process, its text straight to the terminal."""

import sys

from rich.console import Console

from service import logs
from service.engine.engine import Engine
from service.engine.execution.runner import ModelRunner
from service.engine.protocol.types import FinishReason, Request, SamplingParams
from service.server.serve import open_store
from service.settings import Settings
from service.tasks.text.detokenizer import Detokenizer
from service.tasks.text.tokenizer import Tokenizer


def generate(
    settings: Settings, text: str, *, max_tokens: int, temperature: float, seed: int, chat: bool | None
) -> None:
    """Write the continuation of a text to standard output, or the answer to it; ``chat`` None: if there is a template.

    Raises ModelStoreError, TaskError and ProcessError.
    """
    logs.configure("warning", as_json=False, prompts=True)  # the terminal of whom the text is from
    model = open_store(settings).ensure(settings.model)
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
        config = settings.engine_config(model)
        engine = Engine(ModelRunner(config), config)
    engine.add(Request(id="terminal", prompt=tuple(prompt), params=params))
    detokenizer = Detokenizer(tokenizer, prompt)
    while engine.has_work:
        for output in engine.step().outputs:
            if output.token is not None and output.finish is not FinishReason.STOP:
                _write(detokenizer.feed(output.token))
    _write(detokenizer.flush() + "\n")


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
