"""Formality: the languages that address people in two ways, and the words for them."""

from typing import Literal

# "more" and "less" are refused for a language that has no two forms of address; "prefer_..." is ignored for it.
Formality = Literal["default", "more", "less", "prefer_more", "prefer_less"]

# The formal and the informal form of address, by language.
FORMS_OF_ADDRESS = {
    "de": ("Sie", "du"), "fr": ("vous", "tu"), "es": ("usted", "tú"), "it": ("Lei", "tu"), "pt": ("o senhor", "tu"),
    "nl": ("u", "je"), "pl": ("Pan/Pani", "ty"), "ru": ("вы", "ты"), "uk": ("ви", "ти"), "cs": ("vy", "ty"),
    "bg": ("вие", "ти"), "ro": ("dumneavoastră", "tu"), "hu": ("Ön", "te"), "el": ("εσείς", "εσύ"),
    "tr": ("siz", "sen"), "fi": ("te", "sinä"), "ja": ("です・ます", "だ"), "ko": ("합니다", "해"), "hi": ("आप", "तुम"),
    "sk": ("vy", "ty"), "sl": ("vi", "ti"), "et": ("teie", "sina"), "lt": ("jūs", "tu"), "lv": ("jūs", "tu"),
    "ca": ("vostè", "tu"), "gl": ("vostede", "ti"), "fa": ("شما", "تو"),
}  # fmt: skip


def ask_for_formality(formality: Formality, language: str) -> str:
    """The sentence that asks for the formality, or "" if none is needed. ``language`` is a code without region."""
    if formality == "default" or language not in FORMS_OF_ADDRESS:
        return ""
    formal, informal = FORMS_OF_ADDRESS[language]
    manner, word = ("formally", formal) if formality.endswith("more") else ("informally", informal)
    return f"Address the reader {manner} ({word})."
