"""The options of a generated text, which do not depend on the prompt."""

from dataclasses import dataclass, replace
from typing import Any, Self

import msgspec

from service.engine.protocol.sampling_params import SamplingParams
from service.tasks.structure.structure import Structure

_DEFAULT_PARAMS = SamplingParams(max_tokens=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of a client for the text that is generated.

    ``params`` are the engine's sampling parameters. The generator sets their ``max_tokens`` and ``seed`` from the two
    fields of these names, which may be None. The options of a GenerationRequest have the chosen values in ``params``.
    """

    max_tokens: int | None = None  # None: as many as there is room for, up to a default
    max_tokens_param: str = "max_tokens"  # the field that the client gave it in, for errors
    fill_context: bool = False  # at most as many as there is room for, without a default and without an error
    seed: int | None = None  # None: a random one
    params: SamplingParams = _DEFAULT_PARAMS
    n: int = 1
    beams_param: str = "use_beam_search"  # the field by which the client asked for beams, for errors
    stop: tuple[str, ...] = ()
    include_stop: bool = False
    ignore_eos: bool = False
    skip_special_tokens: bool = True
    bad_words: tuple[str, ...] = ()  # texts whose tokens are not chosen
    truncate_prompt_tokens: int | None = None  # only so many last tokens of the prompt count; -1: as many as fit
    structure: Structure | None = None  # the text has this structure
    prediction: str = ""  # a text that large parts of the output may equal: it changes the speed and no token
    priority: int = 0
    cache_salt: str = ""
    tenant: str = ""  # the key that the request belongs to

    @property
    def num_sequences(self) -> int:
        """The sequences that one prompt makes in the engine: its choices, or the beams of a search for them."""
        return self.n if self.params.beams is None else self.params.beams.num_beams

    @classmethod
    def from_values(cls, **values: Any) -> Self:
        """Options from values by name: each is a field of Options or a field of SamplingParams."""
        return cls().with_values(**values)

    def with_values(self, **values: Any) -> Self:
        """The same options with other values, each by the name of a field of Options or of SamplingParams."""
        own = {name: values.pop(name) for name in self.__dataclass_fields__ if name in values}
        return replace(self, params=msgspec.structs.replace(self.params, **values), **own)

    def values(self) -> dict[str, Any]:
        """All values by name, as ``from_values`` takes them."""
        own = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "params"}
        return msgspec.structs.asdict(self.params) | own


# The best token at every place, up to the default number of tokens.
GREEDY = Options.from_values(temperature=0.0)
