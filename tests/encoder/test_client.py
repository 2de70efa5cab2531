"""The client of a real encoder process: aborts, replay after a kill, and the end of the process."""

import asyncio
import os
import signal
from pathlib import Path

import numpy as np
import psutil
import pytest

from service.encoder.client import EncoderClient
from service.encoder.messages import BatchStats, EncoderConfig, EncoderInput
from service.errors import ProcessUnavailable
from tests.encoder.configs import encoder_config
from tests.encoder.tiny_readers import POSITIONS, tiny_reader
from tests.processes.process_recorder import ProcessRecorder
from tests.processes.restart_policies import restart_policy


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_reader("bert", tmp_path_factory.mktemp("bert"))


def config(path: Path) -> EncoderConfig:
    return encoder_config(path, device="cpu", threads=1, log_level="error")


def inputs(count: int, length: int = POSITIONS) -> list[EncoderInput]:
    return [EncoderInput((2, *(5 + n % 90 for n in range(length - 1))), (0,) * length)] * count


async def test_aborted_inputs_are_not_computed(bert: Path) -> None:
    batches: list[BatchStats] = []
    client = EncoderClient(config(bert), restart_policy(), on_batch=batches.append)
    with pytest.raises(ProcessUnavailable, match="the encoder is loading"):
        client.encode("early", inputs(1))
    await client.start()
    assert (client.info.architecture, client.info.max_tokens) == ("BertForQuestionAnswering", POSITIONS)
    with client.encode("all", inputs(3, 20)) as encoding:
        assert [scores.shape for scores in await encoding.outputs()] == [(2, 20)] * 3
    many = 20_000
    with client.encode("first", inputs(1)) as first, client.encode("many", inputs(many)):
        await first.outputs()
    with client.encode("last", inputs(1)) as last:
        await last.outputs()
    assert sum(batch.inputs for batch in batches) < many
    assert batches[-1].waiting == 0

    assert client.pid is not None
    await client.close()
    assert client.pid is None
    with pytest.raises(ProcessUnavailable):
        client.encode("late", inputs(1))


async def test_a_request_without_inputs_has_its_outputs_at_once(bert: Path) -> None:
    client = EncoderClient(config(bert), restart_policy())
    await client.start()
    with client.encode("empty", []) as encoding:
        assert await encoding.outputs() == []
    await client.close()


async def test_a_new_process_computes_the_inputs_that_the_killed_one_did_not(bert: Path) -> None:
    some_scored, recorder = asyncio.Event(), ProcessRecorder()
    client = EncoderClient(config(bert), restart_policy(), on_batch=lambda _: some_scored.set(), observer=recorder)
    await client.start()
    submitted = inputs(200)
    with client.encode("undisturbed", submitted[:1]) as encoding:
        (expected,) = await encoding.outputs()
    some_scored.clear()
    before = client.pid
    assert before is not None
    with client.encode("disturbed", submitted) as disturbed:
        await some_scored.wait()
        os.kill(before, signal.SIGKILL)
        scores = await disturbed.outputs()
    assert (recorder.causes, recorder.replayed) == (["exit"], [1])
    assert client.pid != before
    assert len(scores) == 200
    assert np.allclose(scores, expected, atol=1e-4)
    await client.close()
    assert not psutil.pid_exists(before)


async def test_closing_fails_the_open_encodings(bert: Path) -> None:
    client = EncoderClient(config(bert), restart_policy())
    await client.start()
    encoding = client.encode("open", inputs(20_000))
    waiting = asyncio.create_task(encoding.outputs())
    await asyncio.sleep(0)
    await client.close()
    with pytest.raises(ProcessUnavailable, match="stopping"):
        await waiting
