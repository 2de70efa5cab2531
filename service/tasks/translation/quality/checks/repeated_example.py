"""The translation of the example in the prompt, in the place of the translation of another text."""

import re

from service.tasks.translation.documents.marks.markers import without_markers

_CHINESE = r"\u2e80-\u9fff\uf900-\ufaff"  # a character is a word
_WORD = re.compile(rf"(?=[^\W_])(?:[{_CHINESE}]|[^\W_{_CHINESE}]+)")
_ARTICLES = frozenset(("a", "an", "the", "le", "la", "les", "l", "un", "une", "des", "du", "de", "d"))
_STEM = 4  # letters that the forms of a word share
_LEAST_LETTERS, _LEAST_ELSEWHERE = 3, 4  # of words with content, in languages whose small words are known or not
# People translate texts that differ in these alone the same way.
_ENGLISH = """
    all also and any anybody anyone are been but can did does each everybody everyone for from had has have her here him
    his how into its just may okay our out please quite really shall should that the their them then there these they
    this those too very was were what who why will with would you your
    """
_FRENCH = """
    aussi aux avec avez avons bien cela ces cet cette dans des donc elle elles est eux ils les leur lui mais mes mon nos
    nous par plus pour que qui ses son sont sur tes ton tout très une vos votre vous
    """
_CHARACTERS = "的了吗嗎呢吧啊呀就也都才很是在着著过過而已这這那個个您你我他她它们們"
_SMALL_WORDS = {"en": frozenset(_ENGLISH.split()), "fr": frozenset(_FRENCH.split())}
_SMALL_CHARACTERS = frozenset(_CHARACTERS)
_NONE: frozenset[str] = frozenset()


def repeats_example(
    source: str, translation: str, example_source: str, example_target: str, language: str | None
) -> bool:
    """Whether a translation is that of the example, though a number or a word of content differs in the sources.

    Case, marks, white space and articles do not count, nor do forms of a word. ``language`` is that of the sources.
    """
    if _without_articles(translation) != _without_articles(example_target):
        return False
    words, others = _words(source), _words(example_source)
    return _has_more(words, others, language) or _has_more(others, words, language)


def _has_more(words: list[str], others: list[str], language: str | None) -> bool:
    """Whether there is a number or a word of content that ``others`` has in no form."""
    forms = {form for other in others for form in (other, other[:_STEM])}
    return any(_has_content(word, language) and forms.isdisjoint((word, word[:_STEM])) for word in words)


def _has_content(word: str, language: str | None) -> bool:
    if not word.isalpha():
        return True
    if re.match(f"[{_CHINESE}]", word):
        return word not in _SMALL_CHARACTERS
    small = _SMALL_WORDS.get(language or "", _NONE)
    return word not in small and len(word) >= (_LEAST_LETTERS if small else _LEAST_ELSEWHERE)


def _without_articles(text: str) -> str:
    return "".join(word for word in _words(text) if word not in _ARTICLES)


def _words(text: str) -> list[str]:
    return _WORD.findall(without_markers(text).casefold())
