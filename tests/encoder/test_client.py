"""The client of a real encoder process: aborts, replay after a kill, and the end of the process."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import psutil
import pytest
import pytest_asyncio

from service.encoder.client import EncoderClient
from service.encoder.messages import BatchStats, EncoderInput
from service.errors import ProcessUnavailable
from tests.encoder.configs import encoder_config
from tests.encoder.local_encoder import LocalEncoder
from tests.encoder.tiny_readers import POSITIONS, tiny_reader
from tests.processes.process_recorder import ProcessRecorder
from tests.processes.restart_policies import restart_policy


class Encoder:
    """A client of its own process, and what it reports."""

    def __init__(self, path: Path) -> None:
        self.batches: list[BatchStats] = []
        self.computed = asyncio.Event()  # a batch
        self.recorder = ProcessRecorder()
        config = encoder_config(path, device="cpu", threads=1, log_level="error")
        self.client = EncoderClient(config, restart_policy(), on_batch=self._on_batch, observer=self.recorder)

    def _on_batch(self, batch: BatchStats) -> None:
        self.batches.append(batch)
        self.computed.set()


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_reader("bert", tmp_path_factory.mktemp("bert"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def encoder(bert: Path) -> AsyncIterator[Encoder]:
    """One process for all tests: its start takes longer than they do."""
    encoder = Encoder(bert)
    await encoder.client.start()
    yield encoder
    await encoder.client.close()


pytestmark = pytest.mark.asyncio(loop_scope="module")


def inputs(count: int, length: int = POSITIONS) -> list[EncoderInput]:
    return [EncoderInput((2, *(5 + n % 90 for n in range(length - 1))), (0,) * length)] * count


async def test_a_client_without_a_process_takes_no_inputs(bert: Path) -> None:
    client = Encoder(bert).client
    with pytest.raises(ProcessUnavailable, match="the encoder is loading"):
        client.encode("early", inputs(1))
    await client.close()


async def test_aborted_inputs_are_not_computed(encoder: Encoder) -> None:
    client = encoder.client
    assert (client.info.architecture, client.info.max_tokens) == ("BertForQuestionAnswering", POSITIONS)
    with client.encode("all", inputs(3, 20)) as encoding:
        assert [scores.shape for scores in await encoding.outputs()] == [(2, 20)] * 3
    many = 20_000
    encoder.batches.clear()
    with client.encode("first", inputs(1)) as first, client.encode("many", inputs(many)):
        await first.outputs()
    with client.encode("last", inputs(1)) as last:
        await last.outputs()
    assert sum(batch.inputs for batch in encoder.batches) < many
    assert encoder.batches[-1].waiting == 0


async def test_the_scores_are_those_of_the_model_in_this_process(encoder: Encoder, bert: Path, tmp_path: Path) -> None:
    config = encoder_config(bert, device="cpu", threads=1, log_level="error")
    both = []
    for client in (encoder.client, LocalEncoder(config, tmp_path).client):
        with client.encode("compared", inputs(1) + inputs(1, 20)) as encoding:
            both.append(await encoding.outputs())
    for found, expected in zip(*both, strict=True):
        assert np.array_equal(found, expected)


async def test_a_request_without_inputs_has_its_outputs_at_once(encoder: Encoder) -> None:
    with encoder.client.encode("empty", []) as encoding:
        assert await encoding.outputs() == []


async def test_a_new_process_computes_the_inputs_that_the_killed_one_did_not(encoder: Encoder) -> None:
    client, recorder = encoder.client, encoder.recorder
    submitted = inputs(200)
    with client.encode("undisturbed", submitted[:1]) as encoding:
        (expected,) = await encoding.outputs()
    encoder.computed.clear()
    before = client.pid
    assert before is not None
    with client.encode("disturbed", submitted) as disturbed:
        await encoder.computed.wait()
        os.kill(before, signal.SIGKILL)
        scores = await disturbed.outputs()
    assert (recorder.causes, recorder.replayed) == (["exit"], [1])
    assert client.pid != before
    assert len(scores) == 200
    assert np.allclose(scores, expected, atol=1e-4)
    assert not psutil.pid_exists(before)


async def test_closing_fails_the_open_encodings(encoder: Encoder) -> None:
    """It is the last test of the process."""
    client = encoder.client
    encoding = client.encode("open", inputs(20_000))
    waiting = asyncio.create_task(encoding.outputs())
    await asyncio.sleep(0)
    assert client.pid is not None
    await client.close()
    with pytest.raises(ProcessUnavailable, match="stopping"):
        await waiting
    assert client.pid is None
    with pytest.raises(ProcessUnavailable):
        client.encode("late", inputs(1))
