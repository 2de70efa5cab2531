"""A machine with a model: the sizes of its engine, and the seconds of its steps by what they compute.

    seconds = base + per_decode * decodes + per_context * tokens that decodes attend to
              + per_token * prompt tokens + per_pair * pairs of a prompt token and a token that it attends to

The coefficients are least squares over steps of the real engine, none negative; each step counts by the inverse of its
time, so that short steps are met as well as long ones.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from service.engine.scheduling.step import Step

HERE = Path(__file__).parent
DEFAULT = HERE / "amd_epyc_smollm2_135m.json"


class Work(NamedTuple):
    """What a step computes: the features of its time."""

    steps: int
    decodes: int
    context: int
    tokens: int
    pairs: float

    @classmethod
    def of(cls, step: Step) -> "Work":
        """The work of one step, to be asked before the step is committed."""
        decodes = context = tokens = 0
        pairs = 0.0
        for chunk in step.chunks:
            if chunk.num_tokens == 1:
                decodes += 1
                context += chunk.start
            else:
                tokens += chunk.num_tokens
                pairs += chunk.num_tokens * (chunk.start + chunk.num_tokens / 2)
        return cls(1, decodes, context, tokens, pairs)


class StepSeconds(NamedTuple):
    """Seconds for each unit of ``Work``, in its order."""

    base: float
    per_decode: float
    per_context: float
    per_token: float
    per_pair: float

    def of(self, work: Work) -> float:
        """The seconds of a step."""
        return sum(seconds * amount for seconds, amount in zip(self, work, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One replica's machine and engine. ``processor`` and ``model`` are for people; sizes are as in EngineInfo."""

    processor: str
    model: str
    measured: str
    threads: int
    max_model_len: int
    max_num_seqs: int
    max_batch_tokens: int
    prefill_chunk: int
    block_size: int
    num_blocks: int
    target_itl_ms: float
    ageing_seconds: float
    seconds: StepSeconds

    def times(self, factor: float) -> "Machine":
        """A machine whose steps take so many times as long."""
        return replace(self, seconds=StepSeconds(*(each * factor for each in self.seconds)))

    def write(self, path: Path) -> None:
        """Write the machine as JSON."""
        fields = asdict(self) | {"seconds": self.seconds._asdict()}
        path.write_text(json.dumps(fields, indent=1) + "\n", encoding="utf-8")


def read_machine(path: Path) -> Machine:
    """Read a machine. Raises OSError, and ValueError for other fields."""
    fields = json.loads(path.read_text(encoding="utf-8"))
    try:
        return Machine(**fields | {"seconds": StepSeconds(**fields["seconds"])})
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path} is no machine: {error}") from None


def fit(steps: Sequence[tuple[Work, float]]) -> StepSeconds:
    """The coefficients for steps and their seconds."""
    work = np.array([each for each, _ in steps], dtype=np.float64)
    seconds = np.array([each for _, each in steps])
    scale = np.maximum(np.abs(work).max(axis=0), 1.0)
    rows, wanted = work / scale / seconds[:, None], np.ones(len(steps))
    free = list(range(work.shape[1]))
    coefficients = np.zeros(work.shape[1])
    while free:
        found = np.linalg.lstsq(rows[:, free], wanted, rcond=None)[0]
        if (found >= 0).all():
            coefficients[free] = found
            break
        del free[int(found.argmin())]
    return StepSeconds(*(coefficients / scale).tolist())
