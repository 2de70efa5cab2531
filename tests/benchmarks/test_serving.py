"""What the benchmark's client says of a server is what the server did."""

import random
import shlex
import socket
import subprocess
import sys

import httpx
import psutil
import pytest

from benchmarks.processes.noise import Noise
from benchmarks.processes.servers import Server, listening
from benchmarks.serving import benchmark as serving
from benchmarks.serving.cases import CASES, Job
from benchmarks.serving.client import Target, Trace
from benchmarks.serving.results import percentile, summarize, table
from tests.api.scripted import scripted_service
from tests.fakes.engine import ScriptedEngine


def test_a_round_counts_what_was_sent() -> None:
    with scripted_service(ScriptedEngine(text="abcdefgh" * 40)) as service:
        target = Target("it", service.url, serving.model_of(service.url), {})
        result = serving.round_of(target, "sixteen", lambda _: CASES["sixteen"](random.Random(1)), 0)
        # The scripted model has 257 tokens, and the prompts are of others.
        assert (result.failed, result.streams) == (16, 16)
        assert all(error.startswith("400 ") for error in result.errors)

        def small(generator: random.Random) -> list[Job]:
            return [Job(generator.choices(range(256), k=5), 10) for _ in range(3)]

        result = serving.round_of(target, "small", small, 0)
        assert (result.failed, result.errors) == (0, [])
        assert result.tokens_per_second * result.seconds == pytest.approx(30)
        assert result.requests_per_second * result.seconds == pytest.approx(3)
        times = [result.ttft_p50, result.end_p50, result.itl_p50, result.itl_max]
        first, end, typical_gap, largest_gap = (each for each in times if each is not None)
        assert 0 < first <= end <= result.seconds * 1000
        assert 0 < typical_gap <= largest_gap
        assert len(service.engine.requests) == 3


def test_a_server_that_is_not_there_is_an_error_not_a_crash() -> None:
    result = serving.round_of(Target("it", "http://127.0.0.1:9", "m"), "one", CASES["one"], 0)
    assert result.failed == 1
    assert result.errors[0].startswith(httpx.ConnectError.__name__)


def test_equal_seeds_give_equal_prompts_and_rounds_differ() -> None:
    for case in CASES.values():
        first, again, other = (case(random.Random(seed)) for seed in ("a", "a", "b"))
        assert first == again != other
    shared = CASES["shared"](random.Random(1))
    assert len({tuple(job.prompt[:1024]) for job in shared}) == 1
    assert len({tuple(job.prompt) for job in shared}) == 16


def test_percentiles_are_of_nearest_rank_in_milliseconds() -> None:
    seconds = [number / 1000 for number in range(100, 0, -1)]
    assert [percentile(seconds, percent) for percent in (1, 50, 99, 100)] == pytest.approx([1, 50, 99, 100])
    assert percentile([], 50) is None
    nothing = summarize("it", "one", [Trace(error="503")], 1.0, 0.0)
    cells = [list(column.cells) for column in table([nothing], 0.1).columns]
    assert cells[2:5] == [["-"], ["0.0"], ["0.0"]]
    assert cells[5:15] == [["-"]] * 10


_BUSY = """
import os, socket, time
listener = socket.create_server(("127.0.0.1", 0))
print(os.getpid(), listener.getsockname()[1], flush=True)
listener.accept()
begin = time.process_time()
while time.process_time() < begin + 0.5: pass
print("done", flush=True)
listener.accept()
"""


def test_a_server_that_others_started_is_found_and_is_not_noise() -> None:
    # The shell between ends at once, so that the server is no child of this process.
    command = ["sh", "-c", f"{shlex.join([sys.executable, '-c', _BUSY])} &"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as shell:
        assert shell.stdout
        pid, port = map(int, shell.stdout.readline().split())
        try:
            assert shell.wait() == 0
            server = listening(f"http://127.0.0.1:{port}")
            assert server == Server(f"http://127.0.0.1:{port}", pid, start_seconds=None)
            assert server.memory()
            with Noise() as others, Noise(server.pid) as known:
                socket.create_connection(("127.0.0.1", port)).close()
                assert shell.stdout.readline() == "done\n"
            assert (others.cores - known.cores) * known.seconds == pytest.approx(0.5, abs=0.15)
        finally:
            psutil.Process(pid).kill()
    assert listening("http://example.org:80") is None


def test_a_server_that_has_ended_has_no_memory_and_is_no_error() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    server = Server("http://127.0.0.1:9", process.pid, 1.0)
    result = serving.round_of(Target("it", server.url, "m"), "one", CASES["one"], 0, server)
    assert (result.memory, result.failed) == (None, 1)
