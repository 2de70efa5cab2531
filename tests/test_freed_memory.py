"""Freed memory goes back to the operating system."""

import subprocess
import sys

import pytest

# Small objects of the C library's heap; the last one keeps the heap from shrinking by itself.
SCRIPT = """
from pathlib import Path
from service.freed_memory import return_freed_memory

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1])

objects = [bytes(4000) for _ in range(20_000)]
last = objects.pop()
del objects
before = resident()
return_freed_memory()
print((before - resident()) * 4096)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has malloc_trim")
def test_freed_memory_is_returned() -> None:
    result = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert int(result.stdout) > 60_000_000
