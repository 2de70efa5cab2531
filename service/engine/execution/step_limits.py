"""The sizes of a step and of a sequence: what was configured, or what suits the device."""

from dataclasses import dataclass

from service.engine.protocol.config import EngineConfig
from service.errors import EngineError


@dataclass(slots=True, frozen=True)
class Limits:
    """What the scheduler may ask of one step."""

    max_num_seqs: int
    max_batch_tokens: int
    prefill_chunk: int

    @classmethod
    def of(cls, config: EngineConfig, *, cuda: bool) -> "Limits":
        """``config``'s values, with the device's defaults for zeros. Raises EngineError for a negative one."""
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
