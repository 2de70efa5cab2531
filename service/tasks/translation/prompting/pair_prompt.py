"""The prompt for a pair of languages: a request before each text, and the example sentences in both languages."""

from collections.abc import Sequence

from service.tasks.generation.few_shot import FewShot
from service.tasks.text.languages import Language
from service.tasks.translation.prompting.example_sentences import SENTENCES
from service.tasks.translation.prompting.formality import Formality, ask_for_formality
from service.tasks.translation.prompting.glossary import Term

# Examples come from these languages if the source language is unknown or has no sentences.
_COMMON_SOURCES = ("en", "zh", "fr", "es")


def translation_prompt(
    source: Language | None,
    target: Language,
    *,
    context: str = "",
    formality: Formality = "default",
    terms: Sequence[Term] = (),
) -> FewShot:
    """The request, the instruction and the examples for translating from ``source`` to ``target``.

    ``source`` is None if the language of the text is not known. Small models translate better if every turn asks them
    to, see ``benchmarks/README.md``. The instruction has what the client says about the texts. ``terms`` differ between
    the segments of a text, so they come last in it and the segments' prompts share a prefix. There are no examples if
    the target language has no sentences here.
    """
    origin = "" if source is None else f" from {source.name}"
    instruction = []
    if sentence := ask_for_formality(formality, target.base):
        instruction.append(sentence)
    if context:
        instruction.append(f"The text stands in this context, which you do not translate:\n{context}\n")
    if terms:
        pairs = "; ".join(f"{term.source} = {term.target}" for term in terms)
        instruction.append(f"Use these translations: {pairs}.")
    return FewShot(
        instruction=" ".join(instruction),
        examples=_examples(source, target),
        labels=("Text" if source is None else source.name, target.name),
        request=f"Translate the following text{origin} to {target.name}. Reply with the translation only.",
    )


def _examples(source: Language | None, target: Language) -> tuple[tuple[str, str], ...]:
    """Pairs of a sentence and its translation."""
    translations = _sentences(target)
    if translations is None:
        return ()
    if source is not None and (originals := _sentences(source)) is not None and originals != translations:
        return tuple(zip(originals, translations, strict=True))
    languages = [code for code in _COMMON_SOURCES if code != target.base]
    return tuple((SENTENCES[languages[i % len(languages)]][i], sentence) for i, sentence in enumerate(translations))


def _sentences(language: Language) -> tuple[str, ...] | None:
    if language.name == "Traditional Chinese":
        return SENTENCES["zh-Hant"]
    return SENTENCES.get(language.base)
