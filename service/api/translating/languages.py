"""The languages that the served models translate from and to."""

from collections.abc import Iterator

from service.models.capabilities import Capability
from service.serving.model import ServedModel
from service.serving.registry import Registry
from service.tasks.text.languages import Language
from service.tasks.translation import known_languages, knows_pair, readable_bases


def models_that_translate(registry: Registry) -> list[ServedModel]:
    """All served models that do, as far as is known."""
    return [model for model in registry.models.values() if Capability.TRANSLATE in model.capabilities]


def languages_of_all(registry: Registry) -> dict[Language, list[Language]]:
    """Each language that a served model translates from, with those that it is translated to."""
    found: dict[str, tuple[Language, dict[str, Language]]] = {}
    for source, target in _pairs(registry):
        found.setdefault(source.code, (source, {}))[1].setdefault(target.code, target)
    return {source: list(targets.values()) for source, targets in found.values()}


def sources_of_all(registry: Registry) -> list[Language]:
    """The languages that a served model translates from."""
    return list(languages_of_all(registry))


def targets_of_all(registry: Registry) -> list[Language]:
    """The languages that a served model translates to."""
    return list({each.code: each for targets in languages_of_all(registry).values() for each in targets}.values())


def readable_by_all(registry: Registry) -> frozenset[str]:
    """The bases of the languages in which a text may be found to be."""
    return frozenset[str]().union(*(readable_bases(model.language_pairs) for model in models_that_translate(registry)))


def is_target(registry: Registry, language: Language) -> bool:
    """Whether a served model translates to this language, as it is written where its code says."""
    models = models_that_translate(registry)
    return any(
        knows_pair(None, None, language) if model.language_pairs is None else model.language_pairs.knows(None, language)
        for model in models
    )


def has_language_model(registry: Registry) -> bool:
    """Whether a served model translates by instructions, so that it can be told to be formal."""
    return any(model.language_pairs is None for model in models_that_translate(registry))


def pivots_between(registry: Registry, source: Language | None, target: Language) -> list[Language]:
    """The languages through which the served models can translate: from the source to them, and on to the target."""
    if source is None:
        return []
    models = models_that_translate(registry)

    def knows(one: Language, other: Language) -> bool:
        return any(knows_pair(model.language_pairs, one, other) for model in models)

    return [each for each in targets_of_all(registry) if knows(source, each) and knows(each, target)]


def _pairs(registry: Registry) -> Iterator[tuple[Language, Language]]:
    """The pairs of all models, those of language models first. They may be repeated."""
    models = models_that_translate(registry)
    if any(model.language_pairs is None for model in models):
        everything = known_languages()
        yield from ((source, target) for source in everything for target in everything if source != target)
    for model in models:
        yield from model.language_pairs or ()
