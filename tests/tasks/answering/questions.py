"""A café, who knows about it, and how they are asked."""

from collections.abc import Mapping

from service.engine.protocol.outputs import FinishReason
from service.tasks.answering import Answerer, WindowLimits
from service.tasks.answering.query import ContextDocument, Query
from service.tasks.answering.result import Answer
from service.tasks.generation.generator import GREEDY, Generator, Options
from service.tasks.text.chat_template import ChatTemplate
from service.tasks.text.tokenizer import Tokenizer
from tests.fakes.engine import ScriptedEngine, says
from tests.tasks.answering.chooser import wants
from tests.tasks.text.test_chat_template import CHATML
from tests.tasks.text.vocabularies import byte_level

CHAT = Tokenizer(byte_level(), eos_token_ids=[0], chat_template=ChatTemplate(CHATML, {}))
CAFE = "The café opens at eight. It closes at six in the evening, and at eight on Mondays."


def one(text: str) -> tuple[ContextDocument, ...]:
    return (ContextDocument(id="", text=text),)


def chooser(texts: Mapping[str, float], end: float = -12.0, **limits: int) -> ScriptedEngine:
    limits = {"max_model_len": 8192, "num_blocks": 512, "vocab_size": CHAT.vocab_size, **limits}
    return ScriptedEngine(wants(CHAT, texts, end=end), **limits)


def speaker(text: str, **limits: int) -> ScriptedEngine:
    limits = {"max_model_len": 8192, "num_blocks": 512, "vocab_size": CHAT.vocab_size, **limits}
    return ScriptedEngine(says([*CHAT.encode(text), 0], FinishReason.STOP), **limits)


async def answer(client: ScriptedEngine, query: Query, options: Options | None = None, **limits: int) -> Answer:
    answerer = Answerer(Generator(client, CHAT), limits=WindowLimits(**limits))
    with await answerer.answer(query, options=options or GREEDY) as run:
        pieces = [piece async for piece in run]
        found = await run.collect()
    assert "".join(pieces) == found.text
    documents = {document.id: document.text for document in query.documents}
    for span in found.spans:
        assert documents[span.document][span.start : span.end] == span.text
    return found
