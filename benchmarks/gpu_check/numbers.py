"""Checks of numbers: the tokens of transformers, attention by two ways, graphs, quantization."""

from collections.abc import Sequence
from typing import Any

import torch

from benchmarks.gpu_check.check import Failed, Figures, Skipped
from benchmarks.gpu_check.subject import Subject, generate, run, tokens_of
from benchmarks.report.statistics import common_prefix_length
from service.errors import ProcessError

# Where transformers' logits of two tokens are nearer than this, rounding decides which one is greater.
_TIES = {torch.float32: 1e-2, torch.bfloat16: 0.5, torch.float16: 0.1}
_MOST_ATTENTION_DIFFERENCE = 0.25  # of log probabilities in 16 bits, between two ways to add up


def equality(subject: Subject, dtype: str) -> Figures:
    """The engine's tokens are those of transformers' ``generate``, one request at a time, but for ties."""
    with subject.engine(dtype=dtype) as engine:
        info = engine.info
        prompts = subject.prompts(info.vocab_size)
        ours = tokens_of(run(engine, prompts, max_tokens=subject.sizes.output_tokens))
    number_type = getattr(torch, info.dtype)
    with subject.reference(number_type) as model:
        theirs = [generate(model, [prompt], subject.sizes.output_tokens)[0] for prompt in prompts]
        gaps = [_gap(model, *each) for each in zip(prompts, ours, theirs, strict=True)]
    different = [gap for gap in gaps if gap is not None]
    figures: Figures = {
        "dtype": info.dtype,
        "prompts": len(prompts),
        "equal": len(gaps) - len(different),
        "largest gap at a difference": round(max(different, default=0.0), 4),
    }
    if max(different, default=0.0) > _TIES[number_type]:
        raise Failed("a token differs where transformers is sure", **figures)
    return figures


@torch.inference_mode()
def _gap(model: Any, prompt: Sequence[int], ours: list[int], theirs: list[int]) -> float | None:
    """How much more transformers' logit of its own token is, at the first difference; None without one."""
    common = common_prefix_length(ours, theirs)
    if common == len(theirs):
        return None
    ids = torch.tensor([[*prompt, *theirs[:common]]], device=model.device)
    logits = model(ids).logits[0, -1].float()
    return float(logits[theirs[common]] - logits[ours[common]])


def attention(subject: Subject) -> Figures:
    """FlashAttention over pages gives the log probabilities that the gathered attention gives."""
    if not subject.is_cuda:
        raise Skipped("paged FlashAttention needs an NVIDIA GPU; tests emulate its call")
    found = []
    for block_size in (256, 16):
        with subject.engine(dtype="bfloat16", block_size=block_size, cuda_graphs=False) as engine:
            prompts = subject.prompts(engine.info.vocab_size)
            outputs = run(engine, prompts, max_tokens=0, prompt_logprobs=0)
        found.append([each.logprob for (output,) in outputs for each in output.prompt_logprobs if each is not None])
    difference = max(abs(first - second) for first, second in zip(*found, strict=True))
    figures: Figures = {"tokens": len(found[0]), "largest difference": round(difference, 4)}
    if difference > _MOST_ATTENTION_DIFFERENCE:
        raise Failed("the two ways to compute attention differ", **figures)
    return figures


def graphs(subject: Subject) -> Figures:
    """Steps that are replayed as CUDA graphs give the tokens of steps that are not."""
    if not subject.is_cuda:
        raise Skipped("CUDA graphs need an NVIDIA GPU; tests run their steps without the capture")
    found = []
    for cuda_graphs in (True, False):
        with subject.engine(cuda_graphs=cuda_graphs) as engine:
            prompts = subject.prompts(engine.info.vocab_size)
            found.append(tokens_of(run(engine, prompts, max_tokens=subject.sizes.output_tokens)))
    equal = sum(first == second for first, second in zip(*found, strict=True))
    figures: Figures = {"prompts": len(found[0]), "equal": equal}
    if equal < len(found[0]):
        raise Failed("graphs change tokens", **figures)
    return figures


def int8(subject: Subject) -> Figures:
    """int8 weights are refused in words where the device does not compute them, and near the others where it does."""
    try:
        with subject.engine(quantization="int8") as engine:
            info, prompts = engine.info, subject.prompts(engine.info.vocab_size)
            outputs = run(engine, prompts, max_tokens=0, prompt_logprobs=0)
    except ProcessError as refused:
        return {"refused": str(refused)}
    if info.quantization != "int8":
        raise Failed("the quantization was asked for and not used", quantization=info.quantization)
    logprobs = [each.logprob for (output,) in outputs for each in output.prompt_logprobs if each is not None]
    return {"tokens": len(logprobs), "mean log probability": round(sum(logprobs) / len(logprobs), 3)}
