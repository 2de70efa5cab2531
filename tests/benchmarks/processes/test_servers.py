"""Servers of other programs are found, and the CPU time of other processes is measured without them."""

import os
import shlex
import socket
import subprocess
import sys
import time

import psutil
import pytest

from benchmarks.processes.noise import Noise
from benchmarks.processes.servers import Server, ServerFailed, find_server, running_server

BUSY_SECONDS = 0.5
TICK_SECONDS = 0.1  # the errors of all counters of CPU time together
BUSY_SERVER = f"""
import os, socket, time
listener = socket.create_server(("127.0.0.1", 0))
print(os.getpid(), listener.getsockname()[1], flush=True)
listener.accept()
start = time.process_time()
while time.process_time() < start + {BUSY_SECONDS}: pass
print("done", flush=True)
listener.accept()
"""


def test_a_server_of_another_program_is_found_and_is_not_noise() -> None:
    # The shell in between ends at once, so that the server is not a child of this process.
    command = ["sh", "-c", f"{shlex.join([sys.executable, '-c', BUSY_SERVER])} &"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as shell:
        assert shell.stdout
        pid, port = map(int, shell.stdout.readline().split())
        try:
            assert shell.wait() == 0
            server = find_server(f"http://127.0.0.1:{port}")
            assert server == Server(f"http://127.0.0.1:{port}", pid, start_seconds=None)
            assert server.memory()
            start = time.perf_counter()
            with Noise() as others, Noise(server.pid) as known:
                socket.create_connection(("127.0.0.1", port)).close()
                assert shell.stdout.readline() == "done\n"
            seconds = time.perf_counter() - start
            # The outer block is longer than the inner one. Other processes may use all cores in between.
            between = (seconds - known.seconds) * (os.cpu_count() or 1)
            difference = others.cores * others.seconds - known.cores * known.seconds
            assert BUSY_SECONDS - TICK_SECONDS <= difference <= BUSY_SECONDS + between + TICK_SECONDS
        finally:
            psutil.Process(pid).kill()


def test_a_server_on_another_machine_is_not_found() -> None:
    assert find_server("http://example.org:80") is None


def test_the_error_of_a_server_that_ends_has_its_output() -> None:
    script = "import sys; print('first'); sys.exit('no model')"
    with (
        pytest.raises(ServerFailed, match=r"^first\nno model$|^no model\nfirst$"),
        running_server(lambda port: [sys.executable, "-c", script], health="/health"),
    ):
        pass
