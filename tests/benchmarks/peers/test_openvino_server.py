"""OpenVINO's pipeline behind HTTP. The pipeline here counts: each token is the one before, plus one."""

import asyncio

from benchmarks.peers.openvino_server import Engine, make_app
from benchmarks.serving.cases import LoadRequest
from benchmarks.serving.client import Target, send_load
from benchmarks.serving.rounds import fetch_model_name
from tests.api.scripted import served
from tests.tasks.text.vocabularies import byte_level


class Counting:
    """A request that counts on from the last token of its prompt."""

    def __init__(self, prompt: list[int], max_tokens: int) -> None:
        self.to_come = list(range(prompt[-1] + 1, prompt[-1] + 1 + max_tokens))
        self.unread: list[int] = []

    def read(self) -> list[int]:
        tokens, self.unread = self.unread, []
        return tokens

    def is_finished(self) -> bool:
        return not self.to_come


class CountingPipeline:
    def __init__(self) -> None:
        self.added: list[Counting] = []

    def add(self, prompt: list[int], max_tokens: int) -> Counting:
        self.added.append(Counting(prompt, max_tokens))
        return self.added[-1]

    def step(self) -> None:
        for each in self.added:
            if each.to_come:
                each.unread.append(each.to_come.pop(0))


def test_every_client_reads_its_own_tokens_as_text_and_how_many_there_were() -> None:
    engine = Engine(CountingPipeline())
    engine.start()
    tokenizer = byte_level()
    prompts: list[list[int] | str] = [[1, 2, 300], [400], "The quick"]
    starts = [300, 400, tokenizer.encode("The quick").ids[-1]]
    requests = [LoadRequest(prompt, tokens) for prompt, tokens in zip(prompts, (9, 40, 20), strict=True)]
    with served(make_app(tokenizer, engine)) as ((host, port), _):
        url = f"http://{host}:{port}"
        traces = asyncio.run(send_load(Target("it", url, fetch_model_name(url)), requests))
    assert [trace.error for trace in traces] == [""] * 3
    assert [trace.tokens for trace in traces] == [9, 40, 20]
    assert [trace.prompt_tokens for trace in traces] == [3, 1, len(tokenizer.encode("The quick").ids)]
    for trace, start in zip(traces, starts, strict=True):
        assert trace.text.rstrip("�") == tokenizer.decode(range(start + 1, start + 1 + trace.tokens)).rstrip("�")
        assert trace.gaps  # the text comes in pieces
