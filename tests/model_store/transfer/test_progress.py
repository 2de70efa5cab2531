"""The progress of a download: a bar on a terminal, log lines elsewhere."""

import os
import pty
import subprocess
import sys

SCRIPT = """
from model_store.transfer.progress import track
with track("weights.bin", 8_000_000) as task:
    for done in range(0, 8_000_001, 1_000_000):
        task.update(done)
"""


def test_a_bar_is_drawn_on_a_terminal() -> None:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    child = subprocess.Popen([sys.executable, "-c", SCRIPT], stderr=theirs, env=environment)
    os.close(theirs)
    drawn = b""
    try:
        while piece := os.read(ours, 1 << 16):
            drawn += piece
    except OSError:  # Linux reports a closed terminal like this
        pass
    os.close(ours)
    assert child.wait() == 0
    assert b"weights.bin" in drawn
    assert b"8.0/8.0 MB" in drawn
    assert "━".encode() in drawn


def test_without_a_terminal_lines_are_logged() -> None:
    script = f"import logging; logging.basicConfig(level=20, format='%(message)s')\n{SCRIPT}"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout == ""
    assert result.stderr.splitlines()[:2] == [
        "weights.bin: 0 bytes of 8.0 MB (0%)",
        "weights.bin: 1.0 MB of 8.0 MB (12%)",
    ]
