"""The prompts of a source segment: the first one, the one for a retry, and those for branches and alternatives."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from service.engine.protocol.outputs import TokenOutput
from service.tasks.generation.generator import Generator
from service.tasks.generation.options import Options
from service.tasks.generation.request import GenerationRequest
from service.tasks.translation.branches import MOST_ALTERNATIVES, find_beginnings
from service.tasks.translation.documents.marks.unit import Unit
from service.tasks.translation.plan import SourceSegment, TranslationPlan, parse_unit
from service.tasks.translation.prompting.glossary import translations_by_spelling
from service.tasks.translation.prompting.pair_prompt import translation_prompt
from service.tasks.translation.quality.flags import Flag
from service.tasks.translation.similar_pairs import Example

_TEMPERATURE, _TOP_P = 0.8, 0.95  # of retries and alternatives
RETRIES = 4  # samples of a retry: nearly always one of them has no flag, and of a single one every third


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentPrompt:
    """A prompt for the source segment ``number``.

    ``unit`` is the segment's own unit or, in a retry, one in which terms of the glossary became marks.
    ``source_tokens`` is the number of tokens of ``unit.text``. ``example`` is the similar pair that the model is shown.
    """

    number: int
    unit: Unit
    request: GenerationRequest
    source_tokens: int
    example: Example | None = None


class SegmentWriter(Protocol):
    """Writes the requests for the segments of one plan."""

    @property
    def has_limit(self) -> bool:
        """Whether the client set ``max_tokens``."""

    @property
    def num_decodings(self) -> int:
        """How often a segment is decoded at most, unless it is retried: how many requests like the first one it has."""

    async def write_first(self, number: int) -> SegmentPrompt:
        """The first request. Its choices behind the first are alternatives.

        Raises PromptTooLong, InvalidOption, UnknownToken.
        """

    async def write_retry(self, number: int, flags: tuple[Flag, ...]) -> SegmentPrompt:
        """A request for several samples, after a candidate with ``flags``. Raises like ``write_first``."""

    def write_branches(self, first: SegmentPrompt, outputs: Sequence[TokenOutput]) -> list[GenerationRequest]:
        """Requests for the branches of the first candidate, which has these outputs."""

    async def write_parts(self, number: int, texts: Sequence[str]) -> list[GenerationRequest]:
        """Requests for the texts between the marks of a segment, which the model does not keep.

        None if such a model is not asked for them. Raises like ``write_first``.
        """

    def write_alternatives(self, first: SegmentPrompt) -> GenerationRequest | None:
        """A request for all alternatives to a segment, as its choices. None if the first request has them."""


class PromptWriter:
    """Writes the prompts of one plan for a language model. Implements ``SegmentWriter``.

    The errors that it raises name the field ``text``.
    """

    def __init__(self, generator: Generator, plan: TranslationPlan, options: Options, style: str) -> None:
        self._generator = generator
        self._plan = plan
        self._options = options
        self._style = style

    @property
    def has_limit(self) -> bool:
        """Whether the client set ``max_tokens``."""
        return self._options.max_tokens is not None

    @property
    def num_decodings(self) -> int:
        return 1 + self._plan.order.num_branches + self._plan.order.alternatives

    async def write_first(self, number: int) -> SegmentPrompt:
        """The first prompt, with the client's options. Raises PromptTooLong, InvalidOption, UnknownToken."""
        segment = self._plan.segments[number]
        return await self._write(number, segment.unit, self._options, segment.example)

    async def write_retry(self, number: int, flags: tuple[Flag, ...]) -> SegmentPrompt:
        """The second prompt, for several samples, after a candidate with ``flags``. Raises like ``write_first``.

        It has no example if the model has repeated its translation.
        """
        segment = self._plan.segments[number]
        unit = with_terms_marked(self._plan, segment) if Flag.TERM in flags else segment.unit
        example = None if Flag.EXAMPLE in flags else segment.example
        return await self._write(
            number, unit, sampling(self._options, RETRIES, seed=seed_after(self._options, 2)), example
        )

    def write_branches(self, first: SegmentPrompt, outputs: Sequence[TokenOutput]) -> list[GenerationRequest]:
        """Requests for the branches of the first candidate, which has these outputs."""
        beginnings = find_beginnings(outputs, first.request.params, self._plan.order.num_branches)
        return [replace(first.request, begun=begun) for begun in beginnings]

    async def write_parts(self, number: int, texts: Sequence[str]) -> list[GenerationRequest]:
        return []  # words without their sentence are answered or explained

    def write_alternatives(self, first: SegmentPrompt) -> GenerationRequest:
        """A request for all alternatives to a segment, as its choices. Its tokens are those of the first prompt."""
        options = sampling(self._options, self._plan.order.alternatives, seed=self._options.seed).with_values(
            max_tokens=first.request.params.max_tokens, stop=first.request.options.stop, logprobs=0
        )
        return self._generator.from_tokens(first.request.prompt, options, param="text")

    async def _write(self, number: int, unit: Unit, options: Options, example: Example | None) -> SegmentPrompt:
        segment, order, tokenizer = self._plan.segments[number], self._plan.order, self._generator.tokenizer
        prompt = translation_prompt(
            segment.source,
            self._plan.target,
            context="\n".join(filter(None, (order.context, segment.context))),
            formality=order.formality,
            terms=segment.terms if unit is segment.unit and segment.first_leg is None else (),
        )
        if example is not None:
            prompt = prompt.with_example(example.source, example.target)
        tokens = await prompt.encode(tokenizer, unit.text, style=self._style, answer_prefix=segment.prefix.strip())
        source_tokens = len(await tokenizer.encode_async(unit.text, add_special_tokens=False))
        several_lines = "\n" in unit.text
        stop = (*options.stop, *prompt.stop(tokenizer, style=self._style, several_lines=several_lines))
        request = self._generator.from_tokens(
            tokens,
            options.with_values(stop=stop, logprobs=MOST_ALTERNATIVES if order.num_branches else 0),
            param="text",
            max_output_tokens=longest_translation(source_tokens),
        )
        return SegmentPrompt(number=number, unit=unit, request=request, source_tokens=source_tokens, example=example)


def with_terms_marked(plan: TranslationPlan, segment: SourceSegment) -> Unit:
    """The segment with its terms of the glossary as marks, so that the model cannot change their translations.

    Returns the segment's own unit if the segment cannot be read as one unit that way, or its terms are marks already.
    """
    if segment.first_leg is not None:
        return segment.unit
    protected = {term: term for term in plan.order.do_not_translate}
    protected |= translations_by_spelling(segment.terms, segment.unit.source)
    return parse_unit(segment.unit, plan.order, segment.source, protected)


def sampling(options: Options, n: int, *, seed: int | None) -> Options:
    """The client's options for ``n`` samples, which differ from each other."""
    params = options.params
    temperature, top_p = max(params.temperature, _TEMPERATURE), min(params.top_p, _TOP_P)
    return options.with_values(temperature=temperature, top_p=top_p, seed=seed, n=n)


def seed_after(options: Options, step: int) -> int:
    """A seed for samples that the client did not ask for: equal requests get equal answers."""
    return (options.seed or 0) + step & (1 << 63) - 1


def longest_translation(source_tokens: int) -> int:
    """More tokens than any real translation has. Scripts differ by a small factor; a loop would never end."""
    return 6 * source_tokens + 64
