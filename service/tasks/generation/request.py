"""A tokenized prompt and the options with which it is continued."""

from dataclasses import dataclass

from service.engine.protocol.outputs import TokenOutput
from service.engine.protocol.sampling_params import SamplingParams
from service.tasks.generation.options import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRequest:
    """A tokenized prompt that is continued ``options.n`` times, ready for the engine.

    ``options.params`` are complete: they have the number of tokens and the seed that the engine uses, and their
    ``stop_token_ids`` hold the end-of-sequence tokens, unless the client asked to ignore them.
    """

    prompt: tuple[int, ...]
    options: Options
    source: tuple[int, ...] = ()  # what an encoder reads; the prompt is then the beginning of the decoder's text
    prediction: tuple[int, ...] = ()  # the tokens of the options' prediction
    begun: tuple[TokenOutput, ...] = ()  # the output begins with these, as another output of the same prompt did

    @property
    def num_prompt_tokens(self) -> int:
        """The tokens that the client gave: those of the source, if there is one."""
        return len(self.source or self.prompt)

    @property
    def params(self) -> SamplingParams:
        """The engine's sampling parameters."""
        return self.options.params
