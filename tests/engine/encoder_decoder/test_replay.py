"""An engine process that dies loses no token of a request with a source."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from service.engine.client import EngineClient
from service.engine.token_stream import TokenStream
from service.processes.restart_policy import RestartPolicy
from tests.engine.configs import engine_config
from tests.engine.encoder_decoder.test_families import request, sources
from tests.engine.encoder_decoder.tiny_encoder_decoders import START, greedy, load_reference, save

LONG = 40  # tokens that are generated


async def tokens(stream: TokenStream, begun: asyncio.Event) -> list[int]:
    found = []
    with stream:
        async for output in stream:
            if output.token is not None:
                found.append(output.token)
                begun.set()
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", ["marian", "whisper"])
async def test_a_killed_engine_loses_no_token(name: str, tmp_path: Path) -> None:
    save(name, tmp_path)
    config = engine_config(tmp_path, device="cpu", block_size=16, num_blocks=64, log_level="error")
    client = EngineClient(config, RestartPolicy(stall_seconds=30, max_restarts=3))
    await client.start()
    try:
        given = sources(name)[:3]
        begun = [asyncio.Event() for _ in given]
        streams = [
            asyncio.create_task(tokens(client.submit([request(number, source, [START], max_tokens=LONG)]), event))
            for number, (source, event) in enumerate(zip(given, begun, strict=True))
        ]
        await begun[0].wait()
        assert client.pid is not None
        os.kill(client.pid, signal.SIGKILL)
        found = await asyncio.gather(*streams)
    finally:
        await client.close()
    reference = load_reference(tmp_path)
    assert client.exits == 1
    assert found == [greedy(reference, source, [START], LONG) for source in given]
