"""Negations that a translation lost, in English, French and Chinese."""

import re

# What surely negates a statement, ...
_SURE = {
    "en": re.compile(r"\b(?:not|never|cannot|nobody|nothing|\w+n['’]t)\b", re.IGNORECASE),
    "fr": re.compile(r"\bn(?:e\b|['’])(?:\s*\w+['’]?){1,4}?\s*(?:pas|jamais|rien|aucune?|personne)\b", re.IGNORECASE),
    "zh": re.compile(
        r"没有|從未|从未|从不|從不|不是|不会|不會|不能|不要|不想|不知道|不喜欢|不喜歡|我不|你不|他不|她不"
    ),
}
# ... and what may say it in a translation. Opposites ("unable", "sans", 无法) count too.
_ANY = {
    "en": re.compile(
        r"\b(?:not?|nor?|never|cannot|none|neither|nobody|nothing|nowhere|without|un\w{3,}|in\w{3,}|im\w{3,}|dis\w{3,}|"
        r"non\w*|hardly|barely|few|little|fail\w*|refus\w*|lack\w*|stop\w*|avoid\w*|prevent\w*|miss\w*|ban\w*|"
        r"\w+less\w*|forb\w+|den[iy]\w*|only|rather|otherwise|too|except|but|ir\w{4,}|rarely|instead|beyond|out|"
        r"\w*n['’]?t)\b",
        re.IGNORECASE,
    ),
    "fr": re.compile(
        r"\b(?:n[e'’]\b|n['’]|non\b|pas\b|jamais|rien\b|aucune?|personne|sans\b|ni\b|nul|in\w{3,}|im\w{3,}|"
        r"d[eé]s?\w{4,}|manqu\w*|refus\w*|emp[eê]ch\w*|[eé]vit\w*|interdi\w*|arr[eê]t\w*|trop\b|peu\b|"
        r"guère|plut[oô]t|mal\w*|sauf|hors|ignor\w*|cess\w*|rat\w*|seul\w*|ir\w{4,})",
        re.IGNORECASE,
    ),
    "zh": re.compile(r"[不没沒无無非未别別莫否勿禁免难難拒失缺毫甭休仅只]"),
}


def loses_negation(source: str, translation: str, language: str | None, target: str) -> bool:
    """Whether the source surely negates, and nothing in the translation may say so. False for other languages."""
    if language not in _SURE or target not in _ANY:
        return False
    return _SURE[language].search(source) is not None and _ANY[target].search(translation) is None
