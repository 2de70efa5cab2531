"""The benchmark's numbers about a server agree with what the server did."""

import random
import subprocess
import sys

import httpx
import pytest

from benchmarks.processes.servers import Server
from benchmarks.serving.cases import CASES, LoadRequest
from benchmarks.serving.client import Target
from benchmarks.serving.rounds import fetch_model_name, measure_round
from tests.api.scripted import scripted_service
from tests.fakes.engine import ScriptedEngine

UNUSED_URL = "http://127.0.0.1:9"


def test_a_round_counts_what_was_sent() -> None:
    with scripted_service(ScriptedEngine(text="abcdefgh" * 40)) as service:
        target = Target("it", service.url, fetch_model_name(service.url), {})
        result = measure_round(target, "sixteen", lambda _: CASES["sixteen"](random.Random(1)), 0)
        # The scripted model has 257 tokens, so it refuses the tokens of these prompts.
        assert (result.failed, result.streams) == (16, 16)
        assert all(error.startswith("400 ") for error in result.errors)

        def small(generator: random.Random) -> list[LoadRequest]:
            return [LoadRequest(generator.choices(range(256), k=5), 10) for _ in range(3)]

        result = measure_round(target, "small", small, 0)
        assert (result.failed, result.errors) == (0, [])
        assert result.tokens_per_second * result.seconds == pytest.approx(30)
        assert result.requests_per_second * result.seconds == pytest.approx(3)
        times = [result.ttft_p50, result.end_p50, result.itl_p50, result.itl_max]
        first, end, typical_gap, largest_gap = (each for each in times if each is not None)
        assert 0 < first <= end <= result.seconds * 1000
        assert 0 < typical_gap <= largest_gap
        assert len(service.engine.requests) == 3


def test_an_absent_server_is_an_error_in_the_result() -> None:
    result = measure_round(Target("it", UNUSED_URL, "m"), "one", CASES["one"], 0)
    assert result.failed == 1
    assert result.errors[0].startswith(httpx.ConnectError.__name__)


def test_a_server_that_has_ended_has_no_memory() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    server = Server(UNUSED_URL, process.pid, 1.0)
    result = measure_round(Target("it", server.url, "m"), "one", CASES["one"], 0, server)
    assert (result.memory, result.failed) == (None, 1)
