"""The servers that translate: ours and those of peers, each with one call for a sentence and one for many."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx

from benchmarks.peers.environment import TORCH, Environment, our_version
from benchmarks.processes.servers import Server, running_server
from benchmarks.processes.trivium_service import READY_PATH, serve_command
from benchmarks.serving.rounds import fetch_model_name

_CTRANSLATE2 = "4.8.5"
_ROOT = Path(__file__).parents[2]
_OURS = ("transformers", "fastapi", "uvicorn", "numpy")  # the versions that Trivium runs with
_MOST_PROMPTS = 64  # of one request to our service
_BATCHES = (16, 32, 64)  # sentences; the best of them counts
_NUMBERS = {  # our arguments for a number type
    "int8": ("--dtype", "float32", "--quantization", "int8"),
    "float32": ("--dtype", "float32", "--quantization", "none"),
}
COMPUTE_TYPES = frozenset(_NUMBERS)


class Subject(Protocol):
    """A running server. Translations have exactly ``tokens`` tokens."""

    name: str
    server: Server

    async def translate(self, http: httpx.AsyncClient, text: str, beams: int, tokens: int) -> str:
        """The translation of one sentence."""
        ...

    def document_calls(self, texts: list[str], beams: int, tokens: int) -> list[dict[str, Any]]:
        """The bodies that translate many sentences at once, for ``document``. The best of them counts."""
        ...

    async def document(self, http: httpx.AsyncClient, body: dict[str, Any]) -> list[str]:
        """The translations of many sentences that came at once."""
        ...


@dataclass(slots=True)
class Trivium:
    """Our service."""

    server: Server
    name: str

    async def translate(self, http: httpx.AsyncClient, text: str, beams: int, tokens: int) -> str:
        """As ``Subject.translate``."""
        body = {"prompt": text, "max_new_tokens": tokens, "ignore_eos": True, "temperature": 0}
        if beams > 1:
            body["num_beams"] = beams
        answer = await http.post(f"{self.server.url}/v1/generate", json=body)
        return str(answer.raise_for_status().json()["text"])

    def document_calls(self, texts: list[str], beams: int, tokens: int) -> list[dict[str, Any]]:
        """All sentences at once: the scheduler makes the batches."""
        return [{"texts": texts, "beams": beams, "tokens": tokens}]

    async def document(self, http: httpx.AsyncClient, body: dict[str, Any]) -> list[str]:
        """As ``Subject.document``. A request takes a limited number of prompts."""
        texts = body["texts"]
        parts = [texts[begin : begin + _MOST_PROMPTS] for begin in range(0, len(texts), _MOST_PROMPTS)]
        options = {"model": fetch_model_name(self.server.url), "max_tokens": body["tokens"], "ignore_eos": True}
        options |= {"temperature": 0} | (
            {"use_beam_search": True, "best_of": body["beams"]} if body["beams"] > 1 else {}
        )
        calls = (http.post(f"{self.server.url}/v1/completions", json=options | {"prompt": part}) for part in parts)
        answers = [answer.raise_for_status().json() for answer in await asyncio.gather(*calls)]
        return [choice["text"] for answer in answers for choice in answer["choices"]]


@dataclass(slots=True)
class Peer:
    """A library behind a small server of ours. ``batches`` are the sizes that it tries for a document."""

    server: Server
    name: str
    batches: tuple[int, ...]

    async def translate(self, http: httpx.AsyncClient, text: str, beams: int, tokens: int) -> str:
        """As ``Subject.translate``."""
        body = {"text": text, "beams": beams, "tokens": tokens}
        return str((await http.post(f"{self.server.url}/translate", json=body)).raise_for_status().json()["text"])

    def document_calls(self, texts: list[str], beams: int, tokens: int) -> list[dict[str, Any]]:
        """One call of the library for each size of batches."""
        return [{"texts": texts, "beams": beams, "tokens": tokens, "batch": batch} for batch in self.batches]

    async def document(self, http: httpx.AsyncClient, body: dict[str, Any]) -> list[str]:
        """As ``Subject.document``."""
        answer = await http.post(f"{self.server.url}/translate_batch", json=body)
        return list(answer.raise_for_status().json()["texts"])


@contextmanager
def trivium(checkpoint: Path, compute_type: str, arguments: list[str]) -> Iterator[Trivium]:
    """Serve a checkpoint in a number type. ``arguments`` are those of ``trivium serve``, and come last."""
    arguments = ["--log-level", "warning", *_NUMBERS[compute_type], *arguments]
    with running_server(lambda port: serve_command(str(checkpoint), port, arguments), health=READY_PATH) as server:
        yield Trivium(server, f"Trivium {compute_type}")


@contextmanager
def ctranslate2(checkpoint: Path, compute_type: str, mode: str, threads: int) -> Iterator[Peer]:
    """CTranslate2 over a checkpoint. ``mode`` is each or batches, as ``ctranslate2_server`` has them."""
    environment = Environment("ctranslate2")
    packages = (f"ctranslate2=={_CTRANSLATE2}", TORCH, *(f"{p}=={our_version(p)}" for p in _OURS))
    environment.do_once(f"python-{_CTRANSLATE2}", lambda: environment.create_venv(*packages))
    converted = environment.path / f"{checkpoint.name}-converted"
    python, module = str(environment.bin / "python"), "benchmarks.encoder_decoder"
    convert = ["env", f"PYTHONPATH={_ROOT}", python, "-m", f"{module}.ctranslate2_convert", str(checkpoint)]
    environment.do_once(converted.name, lambda: environment.run(*convert, str(converted)))
    options = [compute_type, str(threads), mode]
    with running_server(
        lambda port: [python, "-m", f"{module}.ctranslate2_server", str(converted), str(port), *options],
        health="/health",
        environment={"PYTHONPATH": str(_ROOT)},
    ) as server:
        yield Peer(server, f"CTranslate2 {compute_type}, {mode}", _BATCHES)


@contextmanager
def transformers(checkpoint: Path, threads: int) -> Iterator[Peer]:
    """Serve a checkpoint by ``generate`` in float32, in the project's own environment. A document is one batch."""
    module = "benchmarks.encoder_decoder.transformers_server"
    with running_server(
        lambda port: [sys.executable, "-m", module, str(checkpoint), str(port), str(threads)],
        health="/health",
        environment={"PYTHONPATH": str(_ROOT)},
    ) as server:
        yield Peer(server, "transformers float32", (0,))
