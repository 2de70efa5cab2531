"""The way of a translation: the model that translates for a request, or the two that do it through a pivot."""

from dataclasses import dataclass

from service.api.call import Call, Served
from service.api.translating.languages import models_that_translate, pivots_between
from service.errors import InvalidOption, UnknownLanguage, UnservedPair
from service.models.capabilities import Capability
from service.tasks.text.languages import Language, find_language, is_same_language
from service.tasks.translation import TranslationOrder, knows_pair, unread_option

_MOST_CHARACTERS = 1000  # of the texts by which their language is detected


@dataclass(frozen=True, slots=True)
class FirstLegWay:
    """The ``language`` between source and target, and the model that translates into it."""

    language: Language
    model: Served


@dataclass(frozen=True, slots=True)
class Way:
    """The model that writes the translation. With a ``pivot`` it reads what another model, or it, has translated."""

    model: Served
    pivot: FirstLegWay | None = None


async def find_way(call: Call, name: str | None, order: TranslationOrder) -> Way:
    """The way of an order, by the model with this name if there is one.

    Without a name: a translation model that knows the pair; else the pivot that the order names, by two translation
    models; else a language model; else the pivot by any models. A language model that the operator made the default
    for translation comes before translation models, and so does any if an option of the order needs one.

    Raises what ``Call.model`` raises, UnknownLanguage for the pivot, InvalidOption for one through which nothing goes,
    and UnservedPair if no model knows the pair.
    """
    pivot = None if order.pivot is None else find_language(order.pivot, param="pivot")
    ranked = _ranked(call, name)
    if pivot is None and (name is not None or not any(_is_specialist(model) for model in ranked)):
        return Way(call.model(name, Capability.TRANSLATE))
    source, target = await _languages(call, order)
    if target is None:  # a language is unknown, which is refused when the order is read
        return Way(call.model(name, Capability.TRANSLATE))
    if source is not None and is_same_language(source, target):  # nothing is translated, by any model
        pivot = None
    direct = _first(ranked, source, target, order)
    if pivot is not None and (direct is None or not (_is_specialist(direct) or _is_default(direct))):
        first, second = _first(ranked, source, pivot, order), _first(ranked, pivot, target, order)
        if first and second and (direct is None or (_is_specialist(first) and _is_specialist(second))):
            way = FirstLegWay(pivot, call.model(first.name, Capability.TRANSLATE))
            return Way(call.model(second.name, Capability.TRANSLATE), way)
        if direct is None and not unread_option(order):
            raise _no_leg(*((source, pivot) if first is None else (pivot, target)))
    has_wish = unread_option(order) or order.search.needs_search  # that the model which is asked refuses
    if direct is None and name is None and source and not (has_wish or is_same_language(source, target)):
        pivots = pivots_between(call.state.registry, source, target)
        raise UnservedPair(source.name, target.name, [each.code for each in pivots], param="target_lang")
    return Way(call.model(name if direct is None else direct.name, Capability.TRANSLATE))


def _ranked(call: Call, name: str | None) -> list[Served]:
    """The models that may do an order, in the order of preference."""
    if name is not None:
        return [call.model(name, Capability.TRANSLATE)]
    able = models_that_translate(call.state.registry)
    return sorted(able, key=lambda model: (not _is_default(model), not _is_specialist(model)))


def _is_specialist(model: Served) -> bool:
    return model.base.language_pairs is not None


def _is_default(model: Served) -> bool:
    return Capability.TRANSLATE in model.base.spec.default_for


def _first(ranked: list[Served], source: Language | None, target: Language, order: TranslationOrder) -> Served | None:
    """The first of these models that translates between the two and does what the order says, such as beams.

    A translation model that does not serve now, because it loads or has failed, comes last: it answers so.
    """

    def can(model: Served) -> bool:
        may_do = not (unread_option(order) if _is_specialist(model) else order.search.needs_search)
        return may_do and knows_pair(model.base.language_pairs, source, target)

    able = filter(can, ranked)
    return min(able, key=lambda model: _is_specialist(model) and not model.base.serves, default=None)


def _no_leg(source: Language | None, target: Language) -> InvalidOption:
    """The error about a pivot to or from which nothing translates."""
    read = "the language of the texts, which is not known" if source is None else source.name
    return InvalidOption(f"pivot: no served model translates from {read} to {target.name}", param="pivot")


async def _languages(call: Call, order: TranslationOrder) -> tuple[Language | None, Language | None]:
    """The languages of an order; None for one that is not known. An unknown name is refused when the order is read."""
    try:
        target = find_language(order.target)
        if order.source is not None:
            return find_language(order.source), target
    except UnknownLanguage:
        return None, None
    text = " ".join(text[:_MOST_CHARACTERS] for text in order.texts[:8])
    [detections] = await call.state.detector.detect_all([text])
    return next((detection.language for detection in detections), None), target
