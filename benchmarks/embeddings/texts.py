"""Texts of many lengths, which are the same for equal numbers."""

import random

_WORDS = (
    "the of and to in a is that for it was on are as with they be at have this from or one had by but what were when "
    "water people lighthouse keeper morning market engine railway harbour weather teacher library question answer "
    "government mountain history language computer electricity Saturday München 1894 café yesterday unbelievable "
    "temperature international understanding, however; (perhaps) nevertheless. Therefore, quickly!"
)
_MEDIAN_WORDS = 35
_SPREAD = 0.8  # standard deviation of the logarithm of the number of words


def make_texts(count: int, seed: int) -> list[str]:
    """Texts of 3 to some hundred words: half of them are shorter than 35 words."""
    choice, vocabulary = random.Random(seed), _WORDS.split()
    texts = []
    for _ in range(count):
        words = max(3, int(_MEDIAN_WORDS * choice.lognormvariate(0, _SPREAD)))
        texts.append(" ".join(choice.choices(vocabulary, k=words)))
    return texts
