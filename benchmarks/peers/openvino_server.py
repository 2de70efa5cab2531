"""A minimal server of OpenAI's streaming completions over OpenVINO GenAI, so that it pays for HTTP as the others do.

    python -m benchmarks.peers.openvino_server EXPORTED_MODEL PORT CACHE_GIB

The Python of the peer's own environment runs it, so this module imports nothing of the project. A thread steps the
pipeline; the event loop only reads requests and writes events.
"""

import asyncio
import json
import queue
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from tokenizers import Tokenizer
from tokenizers.decoders import DecodeStream

_STEP_TOKENS = 512
_SEQUENCES = 64


class Generation(Protocol):
    """A request in the pipeline."""

    def read(self) -> list[int]:
        """The tokens since the last call."""

    def is_finished(self) -> bool:
        """Whether no further token comes. The last ones may not have been read."""


class Pipeline(Protocol):
    """What computes the tokens. One thread calls it."""

    def add(self, prompt: list[int], max_tokens: int) -> Generation: ...

    def step(self) -> None:
        """Compute the next tokens of the requests."""


class Answer:
    """The tokens of one request, on their way from the engine's thread to the event loop."""

    def __init__(self, prompt: list[int], max_tokens: int) -> None:
        self.prompt = prompt
        self.max_tokens = max_tokens
        self._loop = asyncio.get_running_loop()
        self._tokens: asyncio.Queue[list[int]] = asyncio.Queue()

    def put(self, tokens: list[int]) -> None:
        """Called by the engine's thread. No tokens: the answer is complete."""
        self._loop.call_soon_threadsafe(self._tokens.put_nowait, tokens)

    async def read(self) -> AsyncIterator[list[int]]:
        """The tokens as they come."""
        while tokens := await self._tokens.get():
            yield tokens


class Engine(threading.Thread):
    """The thread that owns the pipeline. It adds requests between two steps."""

    def __init__(self, pipeline: Pipeline) -> None:
        super().__init__(daemon=True)
        self._pipeline = pipeline
        self._arrived: queue.Queue[Answer] = queue.Queue()
        self._running: list[tuple[Answer, Generation]] = []

    def submit(self, answer: Answer) -> None:
        """Have the answer computed from the next step on."""
        self._arrived.put(answer)

    def run(self) -> None:
        """Step the pipeline for ever; wait while it has nothing to do."""
        while True:
            while not self._running or not self._arrived.empty():
                answer = self._arrived.get()
                self._running.append((answer, self._pipeline.add(answer.prompt, answer.max_tokens)))
            self._pipeline.step()
            self._running = [
                (answer, generation) for answer, generation in self._running if _deliver(answer, generation)
            ]


def _deliver(answer: Answer, generation: Generation) -> bool:
    """Pass the new tokens on. Returns whether more will come."""
    finished = generation.is_finished()  # asked first: tokens may come between two questions
    if tokens := generation.read():
        answer.put(tokens)
    if finished:
        answer.put([])
    return not finished


def make_app(tokenizer: Tokenizer, engine: Engine) -> Starlette:
    """The routes that a peer must have. A prompt is a text or token ids; no answer ends before ``max_tokens``."""

    async def write_events(answer: Answer) -> AsyncIterator[str]:
        decoder, completion_tokens = DecodeStream(skip_special_tokens=True), 0
        async for tokens in answer.read():
            completion_tokens += len(tokens)
            if text := "".join(decoder.step(tokenizer, token) or "" for token in tokens):
                yield _event({"choices": [{"index": 0, "text": text, "finish_reason": None}]})
        usage = {"prompt_tokens": len(answer.prompt), "completion_tokens": completion_tokens}
        yield _event({"choices": [], "usage": usage})
        yield "data: [DONE]\n\n"

    async def complete(request: Request) -> Response:
        body = await request.json()
        prompt = body["prompt"]
        answer = Answer(tokenizer.encode(prompt).ids if isinstance(prompt, str) else prompt, body["max_tokens"])
        engine.submit(answer)
        return StreamingResponse(write_events(answer), media_type="text/event-stream")

    async def list_models(request: Request) -> Response:
        return JSONResponse({"object": "list", "data": [{"id": "model", "object": "model"}]})

    async def health(request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    return Starlette(
        routes=[
            Route("/v1/completions", complete, methods=["POST"]),
            Route("/v1/models", list_models),
            Route("/health", health),
        ]
    )


def _event(body: dict[str, Any]) -> str:
    return f"data: {json.dumps({'object': 'text_completion', 'model': 'model'} | body)}\n\n"


class OpenVINOGeneration:
    """A request's handle in OpenVINO GenAI."""

    def __init__(self, handle: Any, running: Any) -> None:
        self._handle = handle
        self._running = running

    def read(self) -> list[int]:
        if not self._handle.can_read():
            return []
        return [token for output in self._handle.read().values() for token in output.generated_ids]

    def is_finished(self) -> bool:
        return bool(self._handle.get_status() != self._running)


class OpenVINOPipeline:
    """OpenVINO GenAI's pipeline with continuous batching: prompts in chunks, prefix cache, greedy."""

    def __init__(self, model: str, cache_gib: int) -> None:
        import openvino
        import openvino_genai

        self._tensor = openvino.Tensor
        self._genai = openvino_genai
        scheduler = openvino_genai.SchedulerConfig()
        scheduler.cache_size = cache_gib
        scheduler.max_num_batched_tokens = _STEP_TOKENS
        scheduler.max_num_seqs = _SEQUENCES
        scheduler.dynamic_split_fuse = True
        scheduler.enable_prefix_caching = True
        self._pipeline = openvino_genai.ContinuousBatchingPipeline(model, scheduler, "CPU", {})
        self._added = 0

    def add(self, prompt: list[int], max_tokens: int) -> Generation:
        config = self._genai.GenerationConfig()
        config.max_new_tokens = max_tokens
        config.ignore_eos = True
        config.do_sample = False
        tokens = self._tensor(np.array([prompt], dtype=np.int64))
        handle = self._pipeline.add_request(self._added, tokens, config)
        self._added += 1
        return OpenVINOGeneration(handle, self._genai.GenerationStatus.RUNNING)

    def step(self) -> None:
        self._pipeline.step()


def main() -> None:
    """Serve until the process is ended."""
    model, port, cache_gib = sys.argv[1:]
    engine = Engine(OpenVINOPipeline(model, int(cache_gib)))
    engine.start()
    app = make_app(Tokenizer.from_file(str(Path(model) / "tokenizer.json")), engine)
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning")


if __name__ == "__main__":
    main()
