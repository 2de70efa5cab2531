"""The reader process: what it refuses to serve, what it drops, and how its end is told."""

import asyncio
import os
import signal
from pathlib import Path

import numpy as np
import psutil
import pytest

from service.errors import ProcessError, ProcessUnavailable, UnsupportedModel
from service.reader.client import ReaderClient
from service.reader.messages import BatchStats, EncodedWindow, ReaderConfig
from service.tasks.answering.reading.pair_tokenizer import PairTokenizer
from tests.engine.configs import engine_config
from tests.engine.tiny_models import tiny_model, tokenizer
from tests.reader.configs import reader_config
from tests.reader.tiny_readers import POSITIONS, tiny_reader


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_reader("bert", tmp_path_factory.mktemp("bert"))


def config(path: Path) -> ReaderConfig:
    return reader_config(path, device="cpu", threads=1, log_level="error")


def windows(count: int, length: int = POSITIONS) -> list[EncodedWindow]:
    return [EncodedWindow((2, *(5 + n % 90 for n in range(length - 1))), (0,) * length)] * count


async def test_what_is_given_up_is_not_computed(bert: Path) -> None:
    batches: list[BatchStats] = []
    client = ReaderClient(config(bert), on_batch=batches.append)
    with pytest.raises(ProcessUnavailable, match="the reader is loading"):
        client.read("early", windows(1))
    await client.start()
    assert (client.info.architecture, client.info.max_tokens) == ("BertForQuestionAnswering", POSITIONS)
    with client.read("all", windows(3, 20)) as reading:
        assert [scores.index for scores in await reading.scores()] == [0, 1, 2]
    many = 20_000
    with client.read("first", windows(1)) as first, client.read("many", windows(many)):
        await first.scores()
    with client.read("last", windows(1)) as last:
        await last.scores()
    assert sum(batch.windows for batch in batches) < many
    assert batches[-1].waiting == 0

    assert client.pid is not None
    await client.close()
    assert client.pid is None
    with pytest.raises(ProcessUnavailable):
        client.read("late", windows(1))


async def test_who_waits_when_it_dies_gets_the_rest_from_another(bert: Path) -> None:
    some_done, deaths = asyncio.Event(), []

    class Observer:
        def process_died(self, process: str, cause: str) -> None:
            deaths.append((process, cause))

        def process_returned(self, process: str, seconds: float, replayed: int) -> None:
            assert (process, replayed) == ("reader", 1)

    client = ReaderClient(config(bert), on_batch=lambda _: some_done.set(), observer=Observer())
    await client.start()
    asked = windows(200)
    with client.read("undisturbed", asked[:1]) as reading:
        (expected,) = await reading.scores()
    some_done.clear()
    before = client.pid
    assert before is not None
    with client.read("unlucky", asked) as waiting:
        await some_done.wait()
        os.kill(before, signal.SIGKILL)
        scores = await waiting.scores()
    assert deaths == [("reader", "exit")]
    assert client.pid != before
    assert [each.index for each in scores] == list(range(200))
    for each in scores:
        assert np.allclose(np.frombuffer(each.starts, "f4"), np.frombuffer(expected.starts, "f4"), atol=1e-4)
    await client.close()
    assert not psutil.pid_exists(before)


async def test_closing_fails_who_waits(bert: Path) -> None:
    client = ReaderClient(config(bert))
    await client.start()
    reading = client.read("open", windows(20_000))
    waiting = asyncio.create_task(reading.scores())
    await asyncio.sleep(0)
    await client.close()
    with pytest.raises(ProcessUnavailable, match="stopping"):
        await waiting


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: tiny_model("llama", path), "holds no Llama|lacks|as it should"),
        (lambda path: tiny_reader("bert", path, num_labels=3), "as it should"),
        (lambda path: path, "holds no model that transformers knows"),
    ],
    ids=["no head", "another head", "nothing"],
)
async def test_what_is_no_reader_is_refused(tmp_path: Path, make: object, message: str) -> None:
    client = ReaderClient(config(make(tmp_path)))  # type: ignore[operator]
    with pytest.raises(ProcessError, match=message):
        await client.start()
    await client.close()


def test_a_tokenizer_without_a_place_for_no_answer_is_refused() -> None:
    with pytest.raises(UnsupportedModel, match="no special token"):
        PairTokenizer(tokenizer())


def test_a_reader_is_no_model_that_continues_text(bert: Path) -> None:
    from service.engine.execution.runner import ModelRunner

    with pytest.raises(UnsupportedModel, match="serve it as the reader"):
        ModelRunner(engine_config(bert, device="cpu"))
