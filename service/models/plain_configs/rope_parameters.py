"""The parameters of rotary positions, as ``config.json`` has them, for the kinds that are computed here."""

from typing import Annotated

from msgspec import Meta, Struct

Count = Annotated[int, Meta(gt=0)]
Positive = Annotated[float, Meta(gt=0)]
Factor = Annotated[float, Meta(ge=1)]


class DefaultRope(Struct, frozen=True, forbid_unknown_fields=True, tag_field="rope_type", tag="default"):
    """Frequencies that depend on ``rope_theta`` only."""

    rope_theta: Positive | None = None  # None: a field of the configuration holds it


class LinearRope(DefaultRope, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="linear"):
    """All frequencies are divided by ``factor``."""

    factor: Factor


class Llama3Rope(DefaultRope, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="llama3"):
    """Low frequencies are divided by ``factor``, high ones are kept, and those between are blended (Llama 3.1)."""

    factor: Factor
    low_freq_factor: Positive
    high_freq_factor: Positive
    original_max_position_embeddings: Count


Rope = DefaultRope | LinearRope | Llama3Rope
