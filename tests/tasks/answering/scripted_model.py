"""A model whose answers about a café a test chooses: the token graphs are real, the probabilities are invented.

Log probabilities are normalized among the allowed tokens, as the engine's are.
"""

import math
from collections.abc import Mapping
from typing import Any

from service.engine.protocol.outputs import FinishReason, TokenLogprob, TokenOutput
from service.engine.protocol.request import Request
from service.engine.protocol.token_graph import TokenGraph
from service.tasks.answering.answerer import Answerer
from service.tasks.answering.documents.windows import WindowLimits
from service.tasks.answering.query import ContextDocument, Query
from service.tasks.answering.result import Answer
from service.tasks.answering.run import AnswerRun
from service.tasks.generation.generator import Generator
from service.tasks.generation.options import GREEDY, Options
from service.tasks.text.chat_template import ChatTemplate
from service.tasks.text.tokenizer import Tokenizer
from tests.fakes.engine import Script, ScriptedEngine, says
from tests.tasks.text.test_chat_template import CHATML
from tests.tasks.text.vocabularies import byte_level

CHAT = Tokenizer(byte_level(), eos_token_ids=[0], chat_template=ChatTemplate(CHATML, {}))
CAFE = "The café opens at eight. It closes at six in the evening, and at eight on Mondays."
LIMITS: dict[str, Any] = {"max_model_len": 8192, "num_blocks": 512, "vocab_size": CHAT.vocab_size}

_UNWANTED = -12.0
_LONGER = 3.0  # for each byte of a token: models write words in few tokens


def one(text: str) -> tuple[ContextDocument, ...]:
    """The documents of a request with a single context."""
    return (ContextDocument(id="", text=text),)


def extracts(texts: Mapping[str, float], end: float = _UNWANTED, **limits: Any) -> ScriptedEngine:
    """An engine that extracts one of ``texts``, each weighted by its logit."""
    return ScriptedEngine(wants(CHAT, texts, end=end), **(LIMITS | limits))


def generates(text: str, **limits: Any) -> ScriptedEngine:
    """An engine that generates ``text``."""
    return ScriptedEngine(says([*CHAT.encode(text), 0], FinishReason.STOP), **(LIMITS | limits))


async def start(
    engine: ScriptedEngine, query: Query, options: Options | None = None, tokenizer: Tokenizer = CHAT, **limits: Any
) -> AnswerRun:
    answerer = Answerer.from_generator(Generator(engine.client, tokenizer), limits=WindowLimits(**limits))
    prepared = await answerer.prepare(query, options=options or GREEDY)
    return await prepared.start()


async def answer(engine: ScriptedEngine, query: Query, options: Options | None = None, **limits: Any) -> Answer:
    """The answer. Its pieces add up to its text, its citations come first, and its spans stand in the documents."""
    with await start(engine, query, options, **limits) as run:
        steps = [step async for step in run]
        found = await run.collect()
    assert "".join(step for step in steps if isinstance(step, str)) == found.text
    cited = tuple(step for step in steps if not isinstance(step, str))
    if found.mode == "generative":
        assert cited == found.spans == tuple(steps[: len(cited)])
    documents = {document.id: document.text for document in query.documents}
    for span in found.spans:
        assert documents[span.document][span.start : span.end] == span.text
    return found


def wants(tokenizer: Tokenizer, texts: Mapping[str, float], *, end: float = _UNWANTED) -> Script:
    """A script under a constraint: a token weighs as the text that it leads to, and ``end`` weighs the empty answer."""

    def script(request: Request) -> list[TokenOutput]:
        params = request.params
        graph = params.constraint
        assert isinstance(graph, TokenGraph)
        written = _answer_so_far(tokenizer, request)
        nodes, outputs = graph.advance(graph.start_nodes, ()), list[TokenOutput]()
        for count in range(1, params.max_tokens + 1):
            allowed = graph.allowed_tokens(nodes, params.stop_token_ids)
            weights = {
                token: _weight(tokenizer, written, token, params.stop_token_ids, texts, end) for token in allowed
            }
            total = math.log(sum(math.exp(weight) for weight in weights.values()))
            logs = sorted(((token, weight - total) for token, weight in weights.items()), key=lambda each: -each[1])
            token, logprob = logs[0]
            finish = None
            if token in params.stop_token_ids:
                finish = FinishReason.STOP
            elif count == params.max_tokens:
                finish = FinishReason.LENGTH
            top = tuple(logs[: params.logprobs])
            outputs.append(TokenOutput(request.id, token, TokenLogprob(token, logprob, top), finish))
            if finish:
                return outputs
            nodes = graph.advance(nodes, [token])
            written += tokenizer.token_bytes(token)
        raise AssertionError("no tokens were requested")

    return script


def _answer_so_far(tokenizer: Tokenizer, request: Request) -> bytes:
    """The beginning of the answer at the end of the prompt: one token in the second completion, else none."""
    before = tokenizer.decode(request.prompt[:-1], skip_special_tokens=False)
    return tokenizer.token_bytes(request.prompt[-1]) if before.endswith("assistant\n") else b""


def _weight(
    tokenizer: Tokenizer, written: bytes, token: int, stop: tuple[int, ...], texts: Mapping[str, float], end: float
) -> float:
    if token in stop:
        return texts.get(written.decode("utf-8", "replace").strip(), _UNWANTED) if written else end
    data = tokenizer.token_bytes(token)
    text = (written + data).removeprefix(b" ")
    fitting = [weight for wanted, weight in texts.items() if wanted.encode().startswith(text)]
    return max(fitting) + _LONGER * len(data) if fitting else _UNWANTED
