"""The model that translates for a request, and the languages of all models that translate."""

from collections.abc import Iterator

from service.api.call import Call, Served
from service.errors import UnknownLanguage
from service.models.capabilities import Capability
from service.serving.model import ServedModel
from service.serving.registry import Registry
from service.tasks.text.languages import Language, find_language
from service.tasks.translation import TranslationOrder, known_languages, unread_option

_MOST_CHARACTERS = 1000  # of the texts by which their language is detected


async def translating_model(call: Call, name: str | None, order: TranslationOrder) -> Served:
    """The model with this name. Without a name: a translation model that knows the pair, or else a language model.

    A language model that the operator made the default for translation comes before translation models, and so does
    any if an option of the order needs one. Raises what ``Call.model`` raises.
    """
    able = [model for model in call.state.registry.models.values() if Capability.TRANSLATE in model.capabilities]
    if name is None and any(model.language_pairs for model in able):
        source, target = await _languages(call, order)
        named = [model for model in able if Capability.TRANSLATE in model.spec.default_for]
        specialists = [model for model in able if model.language_pairs]
        generalists = [model for model in able if model.language_pairs is None]
        ranked = [*named, *specialists, *generalists]
        name = next((model.name for model in ranked if _knows(model, source, target, order)), None)
    return call.model(name, Capability.TRANSLATE)


def languages_of_all(registry: Registry) -> dict[Language, list[Language]]:
    """Each language that a served model translates from, with those that it is translated to."""
    found: dict[str, tuple[Language, dict[str, Language]]] = {}
    for source, target in _pairs(registry):
        found.setdefault(source.code, (source, {}))[1].setdefault(target.code, target)
    return {source: list(targets.values()) for source, targets in found.values()}


def _pairs(registry: Registry) -> Iterator[tuple[Language, Language]]:
    """The pairs of all models, those of language models first. They may be repeated."""
    models = [model for model in registry.models.values() if Capability.TRANSLATE in model.capabilities]
    if any(model.language_pairs is None for model in models):
        everything = known_languages()
        yield from ((source, target) for source in everything for target in everything if source != target)
    for model in models:
        yield from model.language_pairs or ()


def _knows(model: ServedModel, source: Language | None, target: Language | None, order: TranslationOrder) -> bool:
    """Whether the model does the order. Language models do any without beams.

    A model of one source needs to know that it is that.
    """
    if (pairs := model.language_pairs) is None:
        return not order.search.needs_search
    if target is None or unread_option(order) or not model.serves or (source is None and len(pairs.sources) == 1):
        return False
    return pairs.knows(source, target)


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
