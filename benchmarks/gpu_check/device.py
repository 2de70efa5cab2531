"""Checks of the device: how fast it generates, how much memory the engine takes, and a kill of its process."""

import time
from itertools import islice

import psutil
import torch

from benchmarks.gpu_check.check import Failed, Figures, Skipped
from benchmarks.gpu_check.subject import Subject, generate, run, tokens_of
from service.engine.client import EngineClient
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.processes.restart_policy import RestartPolicy

_FRACTION = 0.5  # of the GPU's memory
_CONTEXT_BYTES = 1 << 30  # that CUDA itself and its libraries take beside the engine
_KILLED_AFTER = 3  # tokens


def speed(subject: Subject, streams: int) -> Figures:
    """Tokens per second of the engine, and of transformers' ``generate`` with the same prompts as one batch."""
    output_tokens = subject.sizes.output_tokens
    with subject.engine() as engine:
        prompts = subject.prompts(engine.info.vocab_size, streams)
        run(engine, prompts, max_tokens=2)  # warms up, and captures graphs
        start = time.perf_counter()
        ours = sum(map(len, tokens_of(run(engine, prompts, max_tokens=output_tokens))))
        ours_per_second = ours / (time.perf_counter() - start)
        dtype = getattr(torch, engine.info.dtype)
    with subject.reference(dtype) as model:
        generate(model, prompts, 2)
        start = time.perf_counter()
        theirs = sum(map(len, generate(model, prompts, output_tokens)))
        theirs_per_second = theirs / (time.perf_counter() - start)
    return {
        "tokens/s": round(ours_per_second, 1),
        "transformers, one batch": round(theirs_per_second, 1),
        "ratio": round(ours_per_second / theirs_per_second, 2),
    }


def memory(subject: Subject) -> Figures:
    """An engine takes no more of the GPU than its setting says."""
    if not subject.is_cuda:
        raise Skipped("there is no memory of a GPU")
    free_before, total = torch.cuda.mem_get_info(subject.device)
    with subject.engine(kv_cache_memory=0, gpu_memory_fraction=_FRACTION):
        free, _ = torch.cuda.mem_get_info(subject.device)
    used = (total - free) / total
    figures: Figures = {"fraction": _FRACTION, "used": round(used, 3), "used before": round(1 - free_before / total, 3)}
    if total - free > _FRACTION * total + _CONTEXT_BYTES:
        raise Failed("the engine takes more memory than its setting says", **figures)
    return figures


async def recovery(subject: Subject) -> Figures:
    """A stream goes on with the same tokens after its engine process was killed."""
    with subject.engine() as engine:
        (prompt,) = subject.prompts(engine.info.vocab_size, 1)
        (due,) = tokens_of(run(engine, [prompt], max_tokens=subject.sizes.output_tokens))
    client = EngineClient(subject.config, RestartPolicy(stall_seconds=60, max_restarts=2))
    await client.start()
    try:
        params = SamplingParams(temperature=0.0, max_tokens=len(due))
        stream = client.submit([Request(id="stream", prompt=prompt, params=params)])
        found: list[int] = []
        longest, last = 0.0, time.perf_counter()
        async for output in stream:
            now = time.perf_counter()
            longest, last = max(longest, now - last), now
            if output.token is not None:
                found.append(output.token)
            if len(found) == _KILLED_AFTER:
                _kill_engine()
    finally:
        await client.close()
    figures: Figures = {"tokens": len(found), "pause in seconds": round(longest, 2)}
    if found != due:
        raise Failed("the tokens after the kill are others", **figures)
    return figures


def _kill_engine() -> None:
    children = psutil.Process().children()
    (engine,) = islice((each for each in children if "service.engine.worker" in each.cmdline()), 1)
    engine.kill()
