"""What a model is told and shown before it translates."""

from collections.abc import Sequence

from service.tasks.generation.few_shot import FewShot
from service.tasks.text.languages import Language
from service.tasks.translation.order import Formality, Term
from service.tasks.translation.sentences import SENTENCES

# Where the source language is unknown or has no sentences, the examples come from these.
_COMMON_SOURCES = ("en", "zh", "fr", "es")

# Languages that address people in two ways, and the words for it: formal, informal.
ADDRESS = {
    "de": ("Sie", "du"), "fr": ("vous", "tu"), "es": ("usted", "tú"), "it": ("Lei", "tu"), "pt": ("o senhor", "tu"),
    "nl": ("u", "je"), "pl": ("Pan/Pani", "ty"), "ru": ("вы", "ты"), "uk": ("ви", "ти"), "cs": ("vy", "ty"),
    "bg": ("вие", "ти"), "ro": ("dumneavoastră", "tu"), "hu": ("Ön", "te"), "el": ("εσείς", "εσύ"),
    "tr": ("siz", "sen"), "fi": ("te", "sinä"), "ja": ("です・ます", "だ"), "ko": ("합니다", "해"), "hi": ("आप", "तुम"),
}  # fmt: skip


def translation_prompt(
    source: Language | None,
    target: Language,
    *,
    context: str = "",
    formality: Formality = "default",
    terms: Sequence[Term] = (),
) -> FewShot:
    """Instruction and examples for a pair of languages.

    ``terms``, in which the segments of a text differ, are told last, so that their prompts begin alike. There are no
    examples if the target has no sentences here.
    """
    of = "" if source is None else f" from {source.name}"
    said = [
        f"You are a professional translator. Translate the text{of} to {target.name}. Reply with the translation only."
    ]
    if formality != "default" and target.base in ADDRESS:
        formal = formality.endswith("more")
        manner, word = ("formally", ADDRESS[target.base][0]) if formal else ("informally", ADDRESS[target.base][1])
        said.append(f"Address the reader {manner} ({word}).")
    if context:
        said.append(f"The text stands in this context, which you do not translate:\n{context}\n")
    if terms:
        pairs = "; ".join(f"{term.source} = {term.target}" for term in terms)
        said.append(f"Use these translations: {pairs}.")
    return FewShot(
        instruction=" ".join(said),
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
