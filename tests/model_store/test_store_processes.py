"""The store with several processes: they fetch a model once, and a killed one leaves no incomplete model."""

import subprocess
import sys
import threading
from collections.abc import Callable

import msgspec

from model_store.store import Store
from tests.model_store.file_server import FileServer

MakeStore = Callable[..., Store]
ON_HUB = "/org/tiny/resolve/main/tiny.gguf"
CHILD = """
import logging, os, signal, sys
from pathlib import Path
import msgspec
from model_store.catalog import Catalog
from model_store.convert import safetensors_file
from model_store.transfer.network import Network
from model_store.store import Store

logging.basicConfig(level=logging.INFO, format="%(message)s")
root, url, catalog, chunks = sys.argv[1:]
if chunks != "all":  # end like a process that the OOM killer ends, after this number of converted chunks
    left = iter(range(int(chunks)))
    convert = safetensors_file.NumberType.convert
    def convert_or_die(kind, values):
        return convert(kind, values) if next(left, None) is not None else os.kill(os.getpid(), signal.SIGKILL)
    safetensors_file.NumberType.convert = convert_or_die
store = Store(Path(root), network=Network(hub=url), models=msgspec.json.decode(catalog, type=Catalog))
print(store.ensure("tiny").path)
"""


def hold(hub: FileServer) -> tuple[threading.Event, threading.Event]:
    """Make the hub hold back the artifact. Returns two events: the artifact was requested, and it may be sent."""
    requested, release = threading.Event(), threading.Event()

    def wait(sent: int) -> None:
        requested.set()
        release.wait()

    hub.resources[ON_HUB].before_byte = wait
    return requested, release


def child(store: Store, server: FileServer, chunks: str = "all") -> subprocess.Popen[str]:
    """Start a process that ensures the model ``tiny``."""
    arguments = [str(store.root), server.url, msgspec.json.encode(store.catalog).decode(), chunks]
    command = [sys.executable, "-c", CHILD, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_two_processes_fetch_a_model_once(hub: FileServer, make_store: MakeStore) -> None:
    requested, release = hold(hub)
    store = make_store()
    first = child(store, hub)
    assert requested.wait(60)
    second = child(store, hub)
    assert second.stderr is not None
    assert second.stderr.readline() == "waiting for another process that works on tiny\n"
    release.set()
    outputs = [process.communicate(timeout=60) for process in (first, second)]
    assert [process.returncode for process in (first, second)] == [0, 0], outputs
    model = store.find("tiny")
    assert model is not None
    assert {out.strip() for out, _ in outputs} == {str(model.path)}
    assert len(hub.ranges(ON_HUB)) == 1


def test_a_process_killed_during_a_download_leaves_no_incomplete_model(hub: FileServer, make_store: MakeStore) -> None:
    requested, release = hold(hub)
    store = make_store()
    process = child(store, hub)
    assert requested.wait(60)
    process.kill()
    process.communicate()
    release.set()
    assert store.find("tiny") is None
    assert store.list() == ()
    assert store.ensure("tiny").path.is_dir()  # so its lock is free


def test_a_process_killed_during_a_conversion_leaves_no_incomplete_model(
    hub: FileServer, make_store: MakeStore
) -> None:
    store = make_store()
    process = child(store, hub, chunks="5")
    process.communicate()
    assert process.returncode == -9
    assert store.find("tiny") is None
    assert store.list() == ()
    assert (store.root / "unfinished" / "tiny" / "converted" / "model.safetensors").exists()
    hub.resources.clear()  # the artifact was fetched before
    store.ensure("tiny")
    assert store.verify("tiny").name == "tiny"
    assert not any((store.root / "unfinished").iterdir())
