"""The translator: prepares the translation of several texts, which run in one batch."""

import asyncio
from dataclasses import replace
from functools import partial

from service.errors import InvalidOption, UnsupportedPair
from service.tasks.encoder_decoder.language_pairs import LanguagePairs
from service.tasks.encoder_decoder.source_frame import TranslationFrames
from service.tasks.generation.generator import Generator
from service.tasks.generation.options import Options
from service.tasks.text.languages import Language, find_language, is_same_language
from service.tasks.translation.language.detection import Detector
from service.tasks.translation.order import TranslationOrder
from service.tasks.translation.pivot import PivotPlan
from service.tasks.translation.plan import TranslationPlan, make_plan
from service.tasks.translation.prepared import PreparedTranslation
from service.tasks.translation.prompting.example_sentences import SENTENCES
from service.tasks.translation.prompting.formality import FORMS_OF_ADDRESS
from service.tasks.translation.run import TranslationObserver, TranslationRun
from service.tasks.translation.segment_prompts import PromptWriter, SegmentWriter
from service.tasks.translation.source_writer import SourceWriter

# Reading more characters, or looking for more terms or in a larger memory, takes longer than the hop to a thread.
_LONG_TEXT, _MANY_TERMS = 20_000, 50
_MARKUP_FORMATS = ("markdown", "html", "xml")


def known_languages() -> tuple[Language, ...]:
    """The languages with example sentences. A language model translates between any two, and between their regions."""
    return tuple(find_language(code) for code in SENTENCES)


def readable_bases(pairs: LanguagePairs | None) -> frozenset[str]:
    """The bases of the languages in which a text may be found to be: those of language models, and of these pairs."""
    languages = () if pairs is None else (*pairs.sources.values(), *pairs.targets.values())
    return frozenset(each.base for each in (*known_languages(), *languages))


def knows_pair(pairs: LanguagePairs | None, source: Language | None, target: Language) -> bool:
    """Whether a translation model with these pairs, or a language model without, translates between the two.

    ``source`` is None if it is not known. A model that reads one language only needs to know that it is that.
    """
    if pairs is not None:
        return pairs.knows(source, target) and (source is not None or len(pairs.sources) != 1)
    known = readable_bases(None)
    return target.base in known and (source is None or source.base in known)


class Translator:
    """Prepares translations by one model.

    ``style`` is the prompt style of the model: auto, chat or base. ``max_segments`` is the most segments of one order.
    Several translators may share a ``detector``. With ``frames`` the model is a translation model, which knows its own
    pairs of languages and reads no instruction.
    """

    def __init__(
        self,
        generator: Generator,
        *,
        style: str = "auto",
        max_segments: int = 512,
        observer: TranslationObserver | None = None,
        detector: Detector | None = None,
        frames: TranslationFrames | None = None,
    ) -> None:
        self._generator = generator
        self._style = style
        self._max_segments = max_segments
        self._observer = observer
        self._detector = detector or Detector()
        self._frames = frames
        self._pairs = None if frames is None else frames.pairs

    async def translate(
        self, order: TranslationOrder, *, options: Options, request_id: str | None = None
    ) -> TranslationRun:
        """Prepare an order and start it. Raises what ``prepare`` and ``start`` raise."""
        return await (await self.prepare(order, options=options, request_id=request_id)).start()

    async def prepare(
        self, order: TranslationOrder, *, options: Options, request_id: str | None = None
    ) -> PreparedTranslation:
        """Read the texts and write the prompts, without asking the engine.

        ``options`` apply to each segment. If they have no ``max_tokens``, a translation may have a few times the tokens
        of its segment. A text that is already in the target language, or has no letters, is returned unchanged.

        Raises UnknownLanguage, UnsupportedPair, InvalidOption, TooManySegments, MalformedMarkup and PromptTooLong.
        ``param`` of the error names the wrong field.
        """
        source, target = check_order(order, self._pairs)
        plan = await self._plan(order, source, target)
        return await self.prepare_plan(plan, options=options, request_id=request_id)

    async def pivot_plan(self, order: TranslationOrder, pivot: Language) -> PivotPlan:
        """The plan of an order whose texts this model translates into ``pivot``, and another model from there.

        Raises UnknownLanguage, UnsupportedPair, InvalidOption, TooManySegments and MalformedMarkup.
        """
        target = find_language(order.target, param="target_lang")
        source, _ = check_order(replace(order, target=pivot.code), self._pairs)
        return PivotPlan.of(await self._plan(order, source, target), pivot)

    async def _plan(self, order: TranslationOrder, source: Language | None, target: Language) -> TranslationPlan:
        await self._detector.load()
        make = partial(make_plan, max_segments=self._max_segments, readable=readable_bases(self._pairs) | {target.base})
        arguments = (order, source, target, self._detector.detect)
        if sum(map(len, order.texts)) > _LONG_TEXT or len(order.glossary) + len(order.memory) > _MANY_TERMS:
            return await asyncio.to_thread(make, *arguments)
        return make(*arguments)

    async def prepare_plan(
        self, plan: TranslationPlan, *, options: Options, request_id: str | None = None
    ) -> PreparedTranslation:
        """Write the prompts of a plan, see ``prepare``. Raises PromptTooLong, and UnsupportedPair or InvalidOption."""
        await self._detector.load()
        writer: SegmentWriter
        if self._frames is None:
            writer = PromptWriter(self._generator, plan, options, self._style)
        else:
            check_pair(None, plan.target, plan.order, self._frames.pairs)
            writer = SourceWriter(self._generator, self._frames, plan, options)
        prompts = []
        for number, segment in enumerate(plan.segments):
            if segment.remembered is not None:
                continue
            prompts.append(await writer.write_first(number))
            await asyncio.sleep(0)  # hundreds of prompts take a while, and other requests wait for their tokens
        return PreparedTranslation(
            generator=self._generator,
            plan=plan,
            prompts=tuple(prompts),
            writer=writer,
            detect=self._detector.detect,
            observer=self._observer,
            request_id=request_id,
        )


def check_order(order: TranslationOrder, pairs: LanguagePairs | None = None) -> tuple[Language | None, Language]:
    """The source language of an order, None if it is to be detected, and the target language.

    ``pairs`` are those of a translation model. Raises UnknownLanguage, UnsupportedPair or InvalidOption if the order is
    wrong, whatever its texts are.
    """
    target = find_language(order.target, param="target_lang")
    source = None if order.source is None else find_language(order.source, param="source_lang")
    if pairs is not None:
        check_pair(source, target, order, pairs)
        return source, target
    if order.search.needs_search:
        raise InvalidOption("num_beams: a language model translates without beams", param="num_beams")
    known = readable_bases(None)
    for language, param in ((source, "source_lang"), (target, "target_lang")):
        if language is not None and language.base not in known:
            raise UnsupportedPair(language.name, SENTENCES, param=param)
    if order.formality in ("more", "less") and target.base not in FORMS_OF_ADDRESS:
        able = ", ".join(FORMS_OF_ADDRESS)
        message = f"{target.name} has no formality to choose; use prefer_{order.formality}, or one of {able}"
        raise InvalidOption(message, param="formality")
    if order.output_prefix and order.format in _MARKUP_FORMATS:
        raise InvalidOption(f"output_prefix cannot be used with the format {order.format}", param="output_prefix")
    return source, target


def check_pair(source: Language | None, target: Language, order: TranslationOrder, pairs: LanguagePairs) -> None:
    """Raises UnsupportedPair or InvalidOption if a translation model with these pairs cannot do the order.

    Nothing is translated between two names of one language, so that every model can do that.
    """
    if reason := unread_option(order):
        raise InvalidOption(f"a translation model reads no instruction: {reason} needs a language model", param=reason)
    if pairs.knows(source, target) or (source is not None and is_same_language(source, target)):
        return
    wrong, param = (target, "target_lang") if not pairs.knows(None, target) else (source, "source_lang")
    assert wrong is not None
    known = ([each.code for each in languages.values()] for languages in (pairs.targets, pairs.sources))
    targets, sources = map(dict.fromkeys, known)
    raise UnsupportedPair(wrong.name, targets, sources=sources, param=param)


def unread_option(order: TranslationOrder) -> str:
    """The first option of an order that only a language model can follow; empty if there is none."""
    asked = {
        "context": order.context,
        "output_prefix": order.output_prefix,
        "formality": order.formality in ("more", "less"),
    }
    return next((name for name, value in asked.items() if value), "")
