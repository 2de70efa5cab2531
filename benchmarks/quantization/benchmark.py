"""What a kind of weights costs in quality: the same model computed by each kind, on the same text and prompts.

``likelihood`` lets each kind read real text: perplexity, and token by token how far its distribution is from that of
the first kind, the reference. ``agreement`` lets each kind write, greedily. Both are computed by the engine that
serves. All kinds are in memory at once.
"""

import math
import sys
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from statistics import mean, stdev

import msgspec
import torch
import transformers
from rich.console import Console
from rich.table import Table
from torch import Tensor

from benchmarks.quantization import texts
from benchmarks.serving import results as report
from service.engine.attention.batch import Batch
from service.engine.engine import Engine
from service.engine.execution.runner import ModelRunner
from service.engine.protocol.config import EngineConfig
from service.engine.protocol.outputs import FinishReason
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.scheduling.block_pool import num_blocks_for
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.step import Chunk, Step
from service.tasks.text.tokenizer import Tokenizer

KINDS = {
    "float32": {"dtype": "float32", "quantization": "none"},
    "bfloat16": {"dtype": "bfloat16", "quantization": "none"},
    "int8": {"dtype": "bfloat16", "quantization": "int8"},
}
PASSAGE = 256  # tokens that are read together


class Weights:
    """The model by one kind of weights, loaded."""

    def __init__(self, kind: str, config: EngineConfig) -> None:
        # Passages use the cache behind the engine's back: nothing may be kept in it from one request to the next.
        config = msgspec.structs.replace(config, prefix_caching=False, **KINDS[kind])
        self.kind = kind
        self._runner = ModelRunner(config)
        self._engine = Engine(self._runner, config)
        self.info = self._runner.info

    @torch.inference_mode()
    def read(self, tokens: list[int]) -> Tensor:
        """The log probabilities of every token behind each of ``tokens`` but the last: [len(tokens) - 1, V]."""
        blocks = range(num_blocks_for(len(tokens), self.info.block_size))
        request = Request(id="", prompt=tuple(tokens), params=SamplingParams(max_tokens=0))
        step = Step([Chunk(Sequence(request, block_table=list(blocks)), 0, len(tokens))])
        batch = Batch.from_step(step, self._runner.cache, self._runner.device)
        model = self._runner.model
        return model.logits(self._runner.forward_pass.hidden(batch)[:-1]).float().log_softmax(dim=-1)

    def write(self, prompts: list[list[int]], length: int, stops: tuple[int, ...]) -> list[list[int]]:
        """What follows each prompt, greedily, the stop token included."""
        params = SamplingParams(max_tokens=length, temperature=0.0, stop_token_ids=stops)
        answers: dict[str, list[int]] = {}
        for number, prompt in enumerate(prompts):
            answers[f"{number}"] = []
            self._engine.add(Request(id=f"{number}", prompt=tuple(prompt), params=params))
        while self._engine.has_work:
            for output in self._engine.step().outputs:
                if output.token is None or output.finish is FinishReason.ERROR:
                    raise RuntimeError(f"the engine gave no token: {output.error or output.finish}")
                answers[output.request_id].append(output.token)
        return list(answers.values())


@dataclass(frozen=True, slots=True)
class Likelihood:
    """How one kind of weights reads one language. Differences are from the reference, which has none."""

    model: str
    weights: str
    language: str
    tokens: int
    perplexity: float
    difference: float  # of the perplexity, in percent
    error: float  # standard error of that, from passage to passage
    divergence: float  # Kullback-Leibler, from the reference's distribution to this one, nats a token
    top1: float  # share of the tokens where both have the same likeliest one


@dataclass(frozen=True, slots=True)
class Agreement:
    """How much of what the reference writes one kind of weights writes too."""

    model: str
    weights: str
    prompts: int
    tokens: int  # that the reference wrote
    same: float  # share of those before the first difference
    whole: float  # share of the answers that are wholly the same


def likelihood(model: str, kinds: list[Weights], language: str, passages: list[list[int]]) -> list[Likelihood]:
    """One result for each kind, the first being the reference."""
    losses: dict[str, list[float]] = {each.kind: [] for each in kinds}  # of each passage, nats a token
    distances: dict[str, list[float]] = {each.kind: [] for each in kinds}
    hits: dict[str, list[float]] = {each.kind: [] for each in kinds}
    for passage in passages:
        following = torch.tensor(passage[1:]).unsqueeze(1)
        reference = kinds[0].read(passage)
        for each in kinds:
            found = reference if each is kinds[0] else each.read(passage)
            losses[each.kind].append(-found.gather(1, following).mean(dtype=torch.float64).item())
            distances[each.kind].append(_divergence(reference, found))
            hits[each.kind].append((found.argmax(-1) == reference.argmax(-1)).double().mean().item())
    results = []
    for kind, own in losses.items():
        more = [a - b for a, b in zip(own, losses[kinds[0].kind], strict=True)]
        results.append(
            Likelihood(
                model=model,
                weights=kind,
                language=language,
                tokens=sum(len(passage) - 1 for passage in passages),
                perplexity=math.exp(mean(own)),
                difference=100 * math.expm1(mean(more)),
                error=100 * stdev(more) / math.sqrt(len(more)) if len(more) > 1 else 0.0,
                divergence=mean(distances[kind]),
                top1=mean(hits[kind]),
            )
        )
    return results


def agreement(
    model: str, kinds: list[Weights], prompts: list[list[int]], length: int, stops: tuple[int, ...]
) -> list[Agreement]:
    """One result for each kind, the first being the reference."""
    reference = kinds[0].write(prompts, length, stops)
    results = []
    for each in kinds:
        answers = reference if each is kinds[0] else each.write(prompts, length, stops)
        pairs = list(zip(answers, reference, strict=True))
        results.append(
            Agreement(
                model=model,
                weights=each.kind,
                prompts=len(prompts),
                tokens=sum(map(len, reference)),
                same=sum(_common(*pair) for pair in pairs) / sum(map(len, reference)),
                whole=mean(answer == due for answer, due in pairs),
            )
        )
    return results


def measure(
    config: EngineConfig, *, name: str, data: Path, kinds: list[str], tokens: int, prompts: int, output_tokens: int
) -> None:
    """Measure, print and write. ``tokens`` are those of each language."""
    console = Console(width=None if sys.stdout.isatty() else 120)
    transformers.logging.disable_progress_bar()
    tokenizer = Tokenizer.load(Path(config.model_path))
    with console.status("loading") as status:
        loaded = [Weights(kind, config) for kind in kinds]
        read: list[Likelihood] = []
        for language in texts.LANGUAGES:
            status.update(f"reading {language}")
            passages = texts.passages(data, language, tokenizer, tokens=tokens, length=PASSAGE)
            read += likelihood(name, loaded, language, passages)
        status.update("writing")
        asked = texts.prompts(data, tokenizer, count=prompts)
        wrote = agreement(name, loaded, asked, output_tokens, tokenizer.eos_token_ids)
    info = loaded[0].info
    console.print(f"{name} ({info.architecture}) on {info.device}; differences are from {kinds[0]}")
    console.print(_reading(read))
    console.print(_writing(wrote))
    console.print(f"Written to {report.write('quantization', [*read, *wrote])}")


def _divergence(reference: Tensor, found: Tensor) -> float:
    return torch.nn.functional.kl_div(found, reference, reduction="batchmean", log_target=True).item()


def _common(ours: list[int], theirs: list[int]) -> int:
    """The length of the longest beginning that two outputs share."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(ours, theirs, strict=False)))


def _reading(results: list[Likelihood]) -> Table:
    table = _table("language", "weights", "tokens", "perplexity", "difference", "divergence", "same likeliest token")
    for each in results:
        table.add_row(
            each.language,
            each.weights,
            f"{each.tokens:,}",
            f"{each.perplexity:.3f}",
            f"{each.difference:+.2f} ± {each.error:.2f} %",
            f"{each.divergence:.5f}",
            f"{each.top1:.1%}",
        )
    return table


def _writing(results: list[Agreement]) -> Table:
    table = _table("greedy answers", "weights", "tokens", "same before the first difference", "wholly the same")
    for each in results:
        table.add_row(f"{each.prompts}", each.weights, f"{each.tokens:,}", f"{each.same:.1%}", f"{each.whole:.1%}")
    return table


def _table(*columns: str) -> Table:
    table = Table(*columns)
    for column in table.columns[2:]:
        column.justify = "right"
    return table
