"""Tasks in which an encoder-decoder writes a text for each text that it reads."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

from service.errors import InvalidOption
from service.tasks.encoder_decoder.generation_defaults import NO_WISH, GenerationDefaults, SearchWish
from service.tasks.generation.generator import Generator
from service.tasks.generation.options import Options
from service.tasks.generation.request import GenerationRequest

# The names of Hugging Face, under which checkpoints have parameters.
TextTask = Literal["summarization", "text2text-generation"]
TASKS: tuple[TextTask, ...] = ("summarization", "text2text-generation")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextWish:
    """What a client wants in addition to its options. None: as the checkpoint has it. Lengths count the start."""

    search: SearchWish = NO_WISH
    min_length: int | None = None
    max_length: int | None = None
    truncates: bool = False  # a text that is too long is cut at its end


class TextToText:
    """Writes requests. What the client leaves open, the checkpoint's parameters for the task decide."""

    def __init__(self, generator: Generator, defaults: Mapping[TextTask, GenerationDefaults]) -> None:
        """``generator`` is that of an encoder-decoder."""
        assert generator.frame is not None
        self.generator = generator
        self._frame = generator.frame
        self._defaults = defaults

    async def request(self, task: TextTask, text: str, options: Options, wish: TextWish) -> GenerationRequest:
        """The request for a text. A temperature above 0 means samples instead of a search.

        Raises what ``Generator.from_prompt`` raises.
        """
        defaults = self._defaults[task]
        tokens = await self.generator.tokenizer.encode_async(defaults.prefix + text, add_special_tokens=False)
        if wish.truncates:
            room = self.generator.client.info.max_source_len - len(self._frame.around([]))
            tokens = tokens[: max(room, 0)]
        options = self._with_lengths(self._with_search(options, defaults, wish.search), defaults, wish)
        return await self.generator.from_prompt(self._frame.around(tokens), options)

    def _with_search(self, options: Options, defaults: GenerationDefaults, wish: SearchWish) -> Options:
        ngrams = defaults.no_repeat_ngram_size if wish.no_repeat_ngram_size is None else wish.no_repeat_ngram_size
        if options.params.temperature > 0:
            return options.with_values(no_repeat_ngram_size=ngrams)
        beams = defaults.beams(least=1, most=self.generator.client.info.max_num_seqs, wish=wish)
        if options.n > (1 if beams is None else beams.num_beams):
            raise InvalidOption("num_return_sequences must not be more than the beams", param="num_return_sequences")
        return options.with_values(beams=beams, beams_param="num_beams", no_repeat_ngram_size=ngrams)

    def _with_lengths(self, options: Options, defaults: GenerationDefaults, wish: TextWish) -> Options:
        """The prompt of the decoder is in the lengths of the checkpoint and the client, and not in the engine's."""
        begun = len(self._frame.prompt)
        max_tokens: int | None = None
        if wish.max_length is not None:
            max_tokens = max(wish.max_length - begun, 1)
        elif defaults.max_length is not None:
            max_tokens = min(max(defaults.max_length - begun, 1), max(self.generator.max_tokens - begun, 1))
        if wish.min_length is not None:
            min_tokens = max(wish.min_length - begun, 0)
        elif not (min_tokens := options.params.min_tokens):
            min_tokens = max(defaults.min_length - begun, 0)
            min_tokens = min_tokens if max_tokens is None else min(min_tokens, max_tokens)
        if (end := defaults.forced_eos_token_id) is not None and max_tokens is not None:
            if (beams := options.params.beams) is not None:
                options = options.with_values(beams=msgspec.structs.replace(beams, forced_end=end))
            elif max_tokens > 1:  # the last token would be no part of the text
                max_tokens, min_tokens = max_tokens - 1, min(min_tokens, max_tokens - 1)
        return options.with_values(max_tokens=max_tokens, min_tokens=min_tokens)
