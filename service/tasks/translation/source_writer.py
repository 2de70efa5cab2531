"""The requests for a source segment to a translation model: it reads the segment alone, between two languages."""

from collections.abc import Sequence

from service.engine.protocol.outputs import TokenOutput
from service.tasks.encoder_decoder.source_frame import TranslationFrames
from service.tasks.generation.generator import Generator
from service.tasks.generation.options import Options
from service.tasks.generation.request import GenerationRequest
from service.tasks.text.prompt_texts import encode_text
from service.tasks.translation.plan import TranslationPlan
from service.tasks.translation.quality.flags import Flag
from service.tasks.translation.segment_prompts import (
    RETRIES,
    SegmentPrompt,
    longest_translation,
    sampling,
    seed_after,
    with_terms_marked,
)


class SourceWriter:
    """Writes the sources of one plan. Implements ``SegmentWriter``; the errors that it raises name the field ``text``.

    The first candidate is searched with the beams that the checkpoint wants, unless the client wants a sample; with
    high quality with at least as many as a language model has branches. Alternatives are the next hypotheses of that
    search, which has at least a beam for each, or samples beside a sample. Marks are markers in the text, as for a
    language model. The terms of a glossary are marks from the beginning: a translation model reads no instruction.
    """

    def __init__(
        self, generator: Generator, frames: TranslationFrames, plan: TranslationPlan, options: Options
    ) -> None:
        self._generator = generator
        self._frames = frames
        self._plan = plan
        self._options = options

    @property
    def has_limit(self) -> bool:
        return self._options.max_tokens is not None

    @property
    def num_decodings(self) -> int:
        return 1 if self._searches else 1 + self._plan.order.alternatives

    async def write_first(self, number: int) -> SegmentPrompt:
        return await self._write(number, self._first_options(self._plan.order.alternatives))

    async def write_retry(self, number: int, flags: tuple[Flag, ...]) -> SegmentPrompt:
        return await self._write(number, sampling(self._options, RETRIES, seed=seed_after(self._options, 2)))

    async def write_parts(self, number: int, texts: Sequence[str]) -> list[GenerationRequest]:
        options = self._first_options(alternatives=0)
        return [(await self._request(number, text, options))[0] for text in texts]

    def write_branches(self, first: SegmentPrompt, outputs: Sequence[TokenOutput]) -> list[GenerationRequest]:
        return []  # high quality has more beams instead

    def write_alternatives(self, first: SegmentPrompt) -> GenerationRequest | None:
        if self._searches:
            return None
        options = sampling(self._options, self._plan.order.alternatives, seed=self._options.seed).with_values(
            max_tokens=first.request.params.max_tokens, stop=first.request.options.stop, logprobs=0
        )
        request = first.request
        return self._generator.from_tokens(request.prompt, options, param="text", source=request.source)

    @property
    def _searches(self) -> bool:
        return self._options.params.temperature == 0

    def _first_options(self, alternatives: int) -> Options:
        """The options of a first candidate: greedy if one beam is wanted. Alternatives are more choices of a search."""
        if not self._searches:
            return self._options
        defaults, order, count = self._frames.defaults, self._plan.order, 1 + alternatives
        least, most = max(order.num_branches, count), max(self._generator.client.info.max_num_seqs, count)
        options = self._options.with_values(
            beams=defaults.beams(least, most, order.search),
            beams_param="num_beams" if order.search.needs_search else "alternatives",
            n=count,
        )
        if order.search.no_repeat_ngram_size is None and not options.params.no_repeat_ngram_size:
            options = options.with_values(no_repeat_ngram_size=defaults.no_repeat_ngram_size)
        return options

    async def _write(self, number: int, options: Options) -> SegmentPrompt:
        segment = self._plan.segments[number]
        unit = with_terms_marked(self._plan, segment) if segment.terms else segment.unit
        request, source_tokens = await self._request(number, unit.text, options)
        return SegmentPrompt(number=number, unit=unit, request=request, source_tokens=source_tokens)

    async def _request(self, number: int, text: str, options: Options) -> tuple[GenerationRequest, int]:
        """A request for a text of this segment, and the tokens of the text."""
        frame = self._frames.frame(self._plan.segments[number].source, self._plan.target)
        tokens = await encode_text(self._generator.tokenizer, text)
        request = self._generator.from_tokens(
            frame.prompt,
            options.with_values(logprobs=None if options.params.beams else 0),
            param="text",
            max_output_tokens=longest_translation(len(tokens)),
            source=frame.around(tokens),
        )
        return request, len(tokens)
