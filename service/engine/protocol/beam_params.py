"""The parameters of a beam search."""

from typing import Literal

from msgspec import Struct

EarlyStopping = bool | Literal["never"]


class BeamParams(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a beam search goes on and ends. The fields mean what they mean in transformers' ``generate``."""

    num_beams: int
    """The beams that are continued at once, and the most hypotheses that are kept. At least 1."""

    length_penalty: float = 1.0
    """The score of a hypothesis is its log probability divided by its length to this power."""

    early_stopping: EarlyStopping = False
    """When ``num_beams`` hypotheses are kept, the search ends: at once (True), if the best beam would have no better
    score at its present length (False), or if it could have none at any length ("never")."""

    num_forced: int = 0
    """The last tokens of the prompt that count as output in the length of a hypothesis: those that an encoder-decoder's
    checkpoint forces behind the start token, such as the target language."""

    forced_end: int | None = None
    """The token that all hypotheses of ``max_tokens`` tokens end with, whatever the model computes."""

    num_return: int = 1
    """The best hypotheses that are returned: at most ``num_beams``."""

    def most_blocks(self, prompt: int, output: int, block_size: int) -> int:
        """The most KV blocks that all beams hold, of a prompt and an output with so many tokens."""
        shared = prompt // block_size if self.num_beams > 1 else 0  # full blocks of the prompt, which all beams have
        return shared + self.num_beams * (-(-(prompt + output) // block_size) - shared)
