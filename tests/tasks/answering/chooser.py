"""An engine that obeys constraints and wants to say one of some texts: real token graphs, invented probabilities.

Log probabilities are among what is allowed, as the engine's are.
"""

import math
from collections.abc import Mapping

from service.engine.protocol.outputs import FinishReason, TokenLogprob, TokenOutput
from service.engine.protocol.request import Request
from service.tasks.text.tokenizer import Tokenizer
from tests.fakes.engine import Script

_UNWANTED = -12.0
_LONGER = 3.0  # for each byte of a token: models write words in few tokens


def wants(tokenizer: Tokenizer, texts: Mapping[str, float], *, end: float = _UNWANTED) -> Script:
    """Tokens that lead to one of ``texts`` weigh as it does, as logits; ``end`` is the weight of saying nothing."""

    def script(request: Request) -> list[TokenOutput]:
        params = request.params
        graph = params.constraint
        assert graph is not None
        said = _answered(tokenizer, request, texts)
        nodes, outputs = graph.advance(graph.start_nodes, ()), []
        for count in range(1, params.max_tokens + 1):
            allowed = graph.allowed_tokens(nodes, params.stop_token_ids)
            weights = {token: _weight(tokenizer, said, token, params.stop_token_ids, texts, end) for token in allowed}
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
            said += tokenizer.token_bytes(token)
        raise AssertionError("no tokens were asked for")

    return script


def _answered(tokenizer: Tokenizer, request: Request, texts: Mapping[str, float]) -> bytes:
    """What the prompt's end holds of an answer already: one token, in the second round."""
    before = tokenizer.decode(request.prompt[:-1], skip_special_tokens=False)
    return tokenizer.token_bytes(request.prompt[-1]) if before.endswith("assistant\n") else b""


def _weight(
    tokenizer: Tokenizer, said: bytes, token: int, stop: tuple[int, ...], texts: Mapping[str, float], end: float
) -> float:
    if token in stop:
        return texts.get(said.decode("utf-8", "replace").strip(), _UNWANTED) if said else end
    data = tokenizer.token_bytes(token)
    text = (said + data).removeprefix(b" ")
    fitting = [weight for wanted, weight in texts.items() if wanted.encode().startswith(text)]
    return max(fitting) + _LONGER * len(data) if fitting else _UNWANTED
