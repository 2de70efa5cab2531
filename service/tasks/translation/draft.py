"""What the model is asked for a piece: at first, a second time, and for other ways to say it."""

from dataclasses import dataclass, replace

from service.tasks.generation.generator import Generator, Options
from service.tasks.generation.request import GenerationRequest
from service.tasks.translation.documents.document import Unit
from service.tasks.translation.plan import Piece, Plan, read
from service.tasks.translation.prompts import translation_prompt
from service.tasks.translation.result import Flag
from service.tasks.translation.terms import as_written

_RETRY_TEMPERATURE, _RETRY_TOP_P, _RETRY_PENALTY = 0.4, 0.9, 1.1
_OTHER_TEMPERATURE, _OTHER_TOP_P = 0.8, 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A request for a piece. ``unit`` is the piece's own or, where terms are masked, another reading of it."""

    piece: int
    unit: Unit
    request: GenerationRequest
    source_tokens: int


class Drafter:
    """Writes the requests of one plan. Whatever it raises blames the field ``text``."""

    def __init__(self, generator: Generator, plan: Plan, options: Options, style: str) -> None:
        self._generator = generator
        self._plan = plan
        self._options = options
        self._style = style

    @property
    def has_limit(self) -> bool:
        """Whether the client says how long a piece may get."""
        return self._options.max_tokens is not None

    async def first(self, number: int) -> Draft:
        """As the client wants it. Raises PromptTooLong, InvalidOption, UnknownToken."""
        return await self._draft(number, self._plan.pieces[number].unit, self._options)

    async def second(self, number: int, flags: tuple[Flag, ...]) -> Draft:
        """With other settings, for what became of the first."""
        piece = self._plan.pieces[number]
        unit = self._masked(piece) if Flag.TERM in flags else piece.unit
        params = self._options.params
        options = self._options.with_values(
            temperature=max(params.temperature, _RETRY_TEMPERATURE),
            top_p=min(params.top_p, _RETRY_TOP_P),
            repetition_penalty=max(params.repetition_penalty, _RETRY_PENALTY),
            seed=1 if self._options.seed is None else self._options.seed + 1 & (1 << 63) - 1,
        )
        return await self._draft(number, unit, options)

    async def others(self, number: int) -> GenerationRequest:
        """As many alternatives as were ordered, as choices of one request."""
        params = self._options.params
        options = self._options.with_values(
            temperature=max(params.temperature, _OTHER_TEMPERATURE),
            top_p=min(params.top_p, _OTHER_TOP_P),
            n=self._plan.order.alternatives,
        )
        return (await self._draft(number, self._plan.pieces[number].unit, options)).request

    async def _draft(self, number: int, unit: Unit, options: Options) -> Draft:
        piece, order, tokenizer = self._plan.pieces[number], self._plan.order, self._generator.tokenizer
        prompt = translation_prompt(
            piece.source,
            self._plan.target,
            context=order.context,
            formality=order.formality,
            terms=piece.terms if unit is piece.unit else (),
        )
        tokens = await prompt.encode(tokenizer, unit.text, style=self._style, begun=piece.prefix.strip())
        length = len(await tokenizer.encode_async(unit.text, add_special_tokens=False))
        several_lines = "\n" in unit.text
        stop = (*options.stop, *prompt.stop(tokenizer, style=self._style, several_lines=several_lines))
        request = self._generator.from_tokens(
            tokens,
            options.with_values(stop=stop, logprobs=0),
            param="text",
            max_output_tokens=_longest_translation(length),
        )
        return Draft(piece=number, unit=unit, request=request, source_tokens=length)

    def _masked(self, piece: Piece) -> Unit:
        """The piece with the terms of the glossary out of the model's reach, if it can be read so."""
        protected = {term: term for term in self._plan.order.do_not_translate}
        protected |= as_written(piece.terms, piece.unit.source)
        whole = replace(self._plan.order, splitting="none")
        units = read(piece.unit.source, whole, piece.source, protected).units
        return units[0] if len(units) == 1 and units[0].source == piece.unit.source else piece.unit


def _longest_translation(tokens: int) -> int:
    """Tokens that no sound translation of so many exceeds: scripts differ by a few times, repetition has no end."""
    return 6 * tokens + 64
