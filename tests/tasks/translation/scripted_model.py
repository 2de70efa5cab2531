"""A scripted model for the tests of translation, and short ways to translate with it."""

from collections.abc import Callable
from typing import Any, cast

from service.engine.client import EngineClient
from service.engine.protocol.outputs import FinishReason, TokenLogprob, TokenOutput
from service.engine.protocol.request import Request
from service.tasks.generation.generator import Generator
from service.tasks.generation.options import GREEDY, Options
from service.tasks.text.chat_template import ChatTemplate
from service.tasks.text.tokenizer import Tokenizer
from service.tasks.translation import SegmentDelta, Translation, TranslationOrder, TranslationRun, Translator
from tests.fakes.engine import Script, ScriptedEngine
from tests.tasks.text.test_chat_template import CHATML
from tests.tasks.text.vocabularies import byte_level

CHAT = Tokenizer(byte_level(), eos_token_ids=[0], chat_template=ChatTemplate(CHATML, {}))
TOKEN_LOGPROB = -0.5  # of every token of the scripted model

Answer = Callable[[str, Request], str]


def prompt_of(request: Request) -> str:
    """The whole prompt as text."""
    return CHAT.decode(request.prompt, skip_special_tokens=False)


def source_of(request: Request) -> str:
    """The text that the prompt asks to translate."""
    turn = prompt_of(request).rpartition("<|im_start|>user\n")[2].partition("<|im_end|>")[0]
    return turn.partition(" translation only.\n\n")[2]


def engine_with(script: Script) -> ScriptedEngine:
    """A fake engine with room for the prompts of these tests."""
    return ScriptedEngine(script, max_model_len=8192, num_blocks=512, vocab_size=1000)


def scripted(answer: Answer) -> ScriptedEngine:
    """A model that writes ``answer(text, request)`` for each text that it is asked to translate."""

    def script(request: Request) -> list[TokenOutput | Exception]:
        tokens = [*CHAT.encode(answer(source_of(request), request)), 0][: request.params.max_tokens]
        finish = FinishReason.STOP if tokens[-1] == 0 else FinishReason.LENGTH
        last = len(tokens) - 1
        return [
            TokenOutput(
                request.id, token, logprob=TokenLogprob(token, TOKEN_LOGPROB), finish=finish if i == last else None
            )
            for i, token in enumerate(tokens)
        ]

    return engine_with(script)


def always(text: str) -> ScriptedEngine:
    """A model that writes the same for every text."""
    return scripted(lambda *_: text)


def accented(text: str, request: Request | None = None) -> str:
    """A text that looks like a translation: its vowels have accents."""
    return text.translate(str.maketrans("aeiouAEIOU", "áéíóúÁÉÍÓÚ"))


def generator(client: ScriptedEngine, tokenizer: Tokenizer = CHAT) -> Generator:
    return Generator(cast(EngineClient, client), tokenizer)


def translator(
    client: ScriptedEngine, tokenizer: Tokenizer = CHAT, style: str = "auto", max_segments: int = 512
) -> Translator:
    return Translator(generator(client, tokenizer), style=style, max_segments=max_segments)


def order(*texts: str, **fields: Any) -> TranslationOrder:
    """An order from English to French, unless ``fields`` say otherwise."""
    return TranslationOrder(texts=texts, **{"target": "fr", "source": "en"} | fields)


async def start(engine: ScriptedEngine, *texts: str, options: Options = GREEDY, **fields: Any) -> TranslationRun:
    return await translator(engine).translate(order(*texts, **fields), options=options)


async def translations(engine: ScriptedEngine, *texts: str, **fields: Any) -> list[Translation]:
    with await start(engine, *texts, **fields) as run:
        return await run.collect()


async def deltas(engine: ScriptedEngine, *texts: str, **fields: Any) -> list[SegmentDelta]:
    with await start(engine, *texts, **fields) as run:
        return [delta async for delta in run]


async def translate(text: str, answer: str = "Bonjour", **fields: Any) -> str:
    [translation] = await translations(always(answer), text, **fields)
    return translation.text


async def prompt_for(source: str | None, target: str, tokenizer: Tokenizer = CHAT, **fields: Any) -> str:
    """The prompt for "Good morning!", or for the texts in ``fields``."""
    engine = always("x")
    style = fields.pop("style", "auto")
    texts = fields.pop("texts", ("Good morning!",))
    wanted = order(*texts, source=source, target=target, **fields)
    await translator(engine, tokenizer, style).translate(wanted, options=GREEDY)
    return prompt_of(engine.requests[0])
