"""What a model is told and shown before it translates."""

from service.tasks.few_shot import FewShot
from service.tasks.languages import Language
from service.tasks.translation.sentences import SENTENCES

# Where the source language is unknown or has no sentences, the examples come from these.
_COMMON_SOURCES = ("en", "zh", "fr", "es")


def translation_prompt(source: Language | None, target: Language) -> FewShot:
    """Instruction and examples for a pair of languages; no examples if the target has no sentences here."""
    of = "" if source is None else f" from {source.name}"
    return FewShot(
        instruction=f"You are a professional translator. Translate the text{of} to {target.name}. "
        "Reply with the translation only.",
        examples=_examples(source, target),
        labels=("Text" if source is None else source.name, target.name),
    )


def _examples(source: Language | None, target: Language) -> tuple[tuple[str, str], ...]:
    wanted = _sentences(target)
    if wanted is None:
        return ()
    if source is not None and (given := _sentences(source)) is not None and given != wanted:
        return tuple(zip(given, wanted, strict=True))
    languages = [code for code in _COMMON_SOURCES if code != target.base]
    return tuple((SENTENCES[languages[i % len(languages)]][i], sentence) for i, sentence in enumerate(wanted))


def _sentences(language: Language) -> tuple[str, ...] | None:
    if language.name == "Traditional Chinese":
        return SENTENCES["zh-Hant"]
    return SENTENCES.get(language.base)
