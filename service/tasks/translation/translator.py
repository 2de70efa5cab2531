"""Texts in one language to texts in another, all of them in one batch."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from service.errors import InvalidOption, UnsupportedPair
from service.tasks.generation.cost import Cost
from service.tasks.generation.generator import Generator, Options
from service.tasks.text.languages import Language, find_language
from service.tasks.translation.detection import Detector
from service.tasks.translation.draft import Draft, Drafter
from service.tasks.translation.order import Order
from service.tasks.translation.plan import Plan, make_plan
from service.tasks.translation.prompts import ADDRESS
from service.tasks.translation.result import Detection
from service.tasks.translation.run import Observer, TranslationRun
from service.tasks.translation.sentences import SENTENCES

_LONG, _MANY = 20_000, 50  # characters, terms; reading more takes longer than the hop to a thread
_MARKED_UP = ("markdown", "html", "xml")


@dataclass(frozen=True, slots=True)
class Job:
    """An order that was found possible. ``cost`` is what the engine decodes for it at once."""

    plan: Plan
    drafts: tuple[Draft, ...]
    drafter: Drafter

    @property
    def cost(self) -> Cost:
        first = Cost.from_requests(draft.request for draft in self.drafts)
        ways = 1 + self.plan.order.alternatives
        return Cost(first.sequences * ways, first.tokens * ways)


class Translator:
    """``style`` is the model's prompt style: auto, chat or base. ``max_segments`` is what one order may have."""

    def __init__(
        self,
        generator: Generator,
        *,
        style: str = "auto",
        max_segments: int = 512,
        observer: Observer | None = None,
    ) -> None:
        self._generator = generator
        self._style = style
        self._max_segments = max_segments
        self._observer = observer
        self._detector = Detector()

    def languages(self) -> tuple[Language, ...]:
        """Those that the model can be shown, any to any. Regions of them are understood too."""
        return tuple(find_language(code) for code in SENTENCES)

    async def detect(self, texts: Sequence[str]) -> list[list[Detection]]:
        """The languages that each text may be in, best first; none for a text without letters."""
        await self._detector.load()
        return [self._detector.detect(text) for text in texts]

    async def translate(self, order: Order, *, options: Options, request_id: str | None = None) -> TranslationRun:
        """``prepare`` and ``start`` in one. Raises what they raise."""
        return await self.start(await self.prepare(order, options=options), request_id=request_id)

    async def prepare(self, order: Order, *, options: Options) -> Job:
        """Cut the texts and write the prompts; the engine does not hear of it yet.

        ``options`` hold for each segment. Where they name no ``max_tokens``, a translation may have a few times the
        tokens of its segment. A text that is in the target language already, or has no letters, comes back as it is.

        Raises UnknownLanguage, UnsupportedPair, InvalidOption, TooManySegments, MalformedMarkup and PromptTooLong, with
        ``param`` the field of the order.
        """
        target = find_language(order.target, param="target_lang")
        source = None if order.source is None else find_language(order.source, param="source_lang")
        self._check(order, source, target)
        await self._detector.load()
        arguments = (order, source, target, self._detector.detect)
        if sum(map(len, order.texts)) > _LONG or len(order.glossary) > _MANY:
            plan = await asyncio.to_thread(make_plan, *arguments, max_segments=self._max_segments)
        else:
            plan = make_plan(*arguments, max_segments=self._max_segments)
        drafter = Drafter(self._generator, plan, options, self._style)
        drafts = []
        for number in range(len(plan.pieces)):
            drafts.append(await drafter.first(number))
            await asyncio.sleep(0)  # hundreds of prompts take a while, and others wait for their tokens
        return Job(plan, tuple(drafts), drafter)

    async def start(self, job: Job, *, request_id: str | None = None) -> TranslationRun:
        """Queue it. Raises what ``Generator.start`` raises."""
        others = []
        if job.plan.order.alternatives:
            others = [await job.drafter.others(draft.piece) for draft in job.drafts]
        return TranslationRun(
            self._generator,
            job.plan,
            job.drafts,
            job.drafter,
            others=others,
            detect=self._detector.detect,
            observer=self._observer,
            request_id=request_id,
        )

    def _check(self, order: Order, source: Language | None, target: Language) -> None:
        """Raises what is wrong with an order before its texts are read."""
        known = {language.base for language in self.languages()}
        for language, param in ((source, "source_lang"), (target, "target_lang")):
            if language is not None and language.base not in known:
                raise UnsupportedPair(language.name, SENTENCES, param=param)
        if order.formality in ("more", "less") and target.base not in ADDRESS:
            able = ", ".join(ADDRESS)
            message = f"{target.name} has no formality to choose; use prefer_{order.formality}, or one of {able}"
            raise InvalidOption(message, param="formality")
        if order.output_prefix and order.format in _MARKED_UP:
            raise InvalidOption(f"output_prefix cannot be used with the format {order.format}", param="output_prefix")
