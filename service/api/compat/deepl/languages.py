"""The target languages of the served models, as DeepL's clients know them."""

from collections.abc import Iterator

from service.api.translating.languages import has_language_model, is_target, targets_of_all
from service.serving.registry import Registry
from service.tasks.text.languages import Language, find_language
from service.tasks.translation import FORMS_OF_ADDRESS

# Target languages that DeepL's clients know only with a region or a script.
_VARIANTS = {
    "en": ("en-GB", "en-US"),
    "es": ("es", "es-419"),
    "pt": ("pt-BR", "pt-PT"),
    "zh": ("zh", "zh-Hans", "zh-Hant"),
}


def target_variants(registry: Registry) -> Iterator[Language]:
    """The target languages with the regions and scripts that a served model writes."""
    for base in dict.fromkeys(language.base for language in targets_of_all(registry)):
        for variant in map(find_language, _VARIANTS.get(base, (base,))):
            if is_target(registry, variant):
                yield variant


def formal_bases(registry: Registry) -> frozenset[str]:
    """The bases of the languages with formality, which a translation model cannot be told."""
    return frozenset(FORMS_OF_ADDRESS) if has_language_model(registry) else frozenset()
