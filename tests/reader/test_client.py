"""The client of a real reader process: aborts, replay after a kill, and the end of the process."""

import asyncio
import os
import signal
from pathlib import Path

import numpy as np
import psutil
import pytest

from service.errors import ProcessUnavailable
from service.reader.client import ReaderClient
from service.reader.messages import BatchStats, EncodedWindow, ReaderConfig
from tests.processes.process_recorder import ProcessRecorder
from tests.processes.restart_policies import restart_policy
from tests.reader.configs import reader_config
from tests.reader.tiny_readers import POSITIONS, tiny_reader


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_reader("bert", tmp_path_factory.mktemp("bert"))


def config(path: Path) -> ReaderConfig:
    return reader_config(path, device="cpu", threads=1, log_level="error")


def windows(count: int, length: int = POSITIONS) -> list[EncodedWindow]:
    return [EncodedWindow((2, *(5 + n % 90 for n in range(length - 1))), (0,) * length)] * count


async def test_aborted_windows_are_not_computed(bert: Path) -> None:
    batches: list[BatchStats] = []
    client = ReaderClient(config(bert), restart_policy(), on_batch=batches.append)
    with pytest.raises(ProcessUnavailable, match="the reader is loading"):
        client.read("early", windows(1))
    await client.start()
    assert (client.info.architecture, client.info.max_tokens) == ("BertForQuestionAnswering", POSITIONS)
    with client.read("all", windows(3, 20)) as read:
        assert [scores.index for scores in await read.scores()] == [0, 1, 2]
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


async def test_a_request_without_windows_has_its_scores_at_once(bert: Path) -> None:
    client = ReaderClient(config(bert), restart_policy())
    await client.start()
    with client.read("empty", []) as read:
        assert await read.scores() == []
    await client.close()


async def test_a_new_process_scores_the_windows_that_the_killed_one_did_not(bert: Path) -> None:
    some_scored, recorder = asyncio.Event(), ProcessRecorder("reader")
    client = ReaderClient(config(bert), restart_policy(), on_batch=lambda _: some_scored.set(), observer=recorder)
    await client.start()
    submitted = windows(200)
    with client.read("undisturbed", submitted[:1]) as read:
        (expected,) = await read.scores()
    some_scored.clear()
    before = client.pid
    assert before is not None
    with client.read("disturbed", submitted) as disturbed:
        await some_scored.wait()
        os.kill(before, signal.SIGKILL)
        scores = await disturbed.scores()
    assert (recorder.causes, recorder.replayed) == (["exit"], [1])
    assert client.pid != before
    assert [each.index for each in scores] == list(range(200))
    for each in scores:
        assert np.allclose(np.frombuffer(each.starts, "f4"), np.frombuffer(expected.starts, "f4"), atol=1e-4)
    await client.close()
    assert not psutil.pid_exists(before)


async def test_closing_fails_the_open_reads(bert: Path) -> None:
    client = ReaderClient(config(bert), restart_policy())
    await client.start()
    read = client.read("open", windows(20_000))
    waiting = asyncio.create_task(read.scores())
    await asyncio.sleep(0)
    await client.close()
    with pytest.raises(ProcessUnavailable, match="stopping"):
        await waiting
