"""The most that one step may hold: configured values, or the defaults of the device."""

from dataclasses import dataclass
from typing import Self

from service.engine.protocol.config import EngineConfig
from service.errors import EngineError


@dataclass(slots=True, frozen=True)
class StepLimits:
    """Limits of one step, for the scheduler."""

    max_num_seqs: int
    max_batch_tokens: int  # the token budget
    prefill_chunk: int  # the most tokens of one sequence

    @classmethod
    def from_config(cls, config: EngineConfig, *, cuda: bool) -> Self:
        """The values of ``config``, with the device's defaults for zeros. Raises EngineError if one is negative."""
        for name in ("max_model_len", "max_num_seqs", "max_batch_tokens", "prefill_chunk", "block_size", "num_blocks"):
            if getattr(config, name) < 0:
                raise EngineError(f"{name} is {getattr(config, name)}: it must not be negative")
        max_batch_tokens = config.max_batch_tokens or (8192 if cuda else 512)
        prefill_chunk = config.prefill_chunk or (2048 if cuda else 256)
        return cls(
            max_num_seqs=config.max_num_seqs or (256 if cuda else 64),
            max_batch_tokens=max_batch_tokens,
            prefill_chunk=min(prefill_chunk, max_batch_tokens),
        )
