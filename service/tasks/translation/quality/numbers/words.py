"""Numbers in words, in English, French and Chinese."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from service.tasks.text.number_words import (
    CARDINALS,
    HAN_DIGITS,
    HAN_MYRIADS,
    HAN_SCALES,
    JOINING,
    OTHERS,
    SCALES,
)

LANGUAGES = (*CARDINALS, "zh")  # whose number words are known
_LEAST_SURE = 3  # "one" is also a pronoun, and "two" is "both" or "a pair"
_LONGEST = 16  # words or numerals of one number; more are no number
_LEAST_SURE_HAN = 13  # single numerals are parts of many Chinese words

_WORD = re.compile(r"[^\W\d_]+")
_GAP = re.compile(r"[\s-]*")
_HAN = re.compile(rf"[{''.join((*HAN_DIGITS, *HAN_SCALES, *HAN_MYRIADS))}]+")
_ROMAN = re.compile(r"\b(?=[IVX])(X{0,3}(?:IX|IV|V?I{0,3}))(?:er|e|ème|re|nd|th)?\b")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10}


@dataclass(frozen=True, slots=True)
class WordedNumber:
    """A number in words. ``readings`` are the values of its parts and of the whole; ``value`` is that of the whole.

    ``is_sure``: the words surely say this number, and are no part of another word.
    """

    value: Decimal
    readings: tuple[Decimal, ...]
    is_sure: bool


def numbers_in_words(text: str, language: str) -> Iterator[WordedNumber]:
    """Yields the numbers that are written in words. ``language`` is a code without script and region."""
    if language == "zh":
        yield from (_chinese_number(written) for written in _HAN.findall(text) if len(written) <= _LONGEST)
    elif language in CARDINALS:
        yield from _latin_numbers(text, language)
        yield from _roman_numbers(text)


def _latin_numbers(text: str, language: str) -> Iterator[WordedNumber]:
    words: list[str] = []
    end = 0
    has_names = False  # a capital may begin a sentence or a name, such as "Four Corners"
    for match in _WORD.finditer(text):
        word, follows = match[0].lower(), bool(words) and _GAP.fullmatch(text, end, match.start()) is not None
        if words and (not follows or len(words) >= _LONGEST):
            yield _latin_number(words, language, has_names)
            words, has_names = [], False
        if any(word in table[language] for table in (CARDINALS, OTHERS, SCALES)):
            words.append(word)
            has_names |= match[0] != word and match.start() > 0
        elif word not in JOINING and words:
            yield _latin_number(words, language, has_names)
            words, has_names = [], False
        end = match.end()
    if words:
        yield _latin_number(words, language, has_names)


def _latin_number(words: list[str], language: str, has_names: bool) -> WordedNumber:
    """Sums units and products with scales: "two hundred and five", "quatre-vingt-dix mille"."""
    units, scales = CARDINALS[language] | OTHERS[language], SCALES[language]
    total = group = 0
    readings: list[int] = []
    is_sure = not has_names and all(
        word in CARDINALS[language] or (word in scales and len(words) > 1) for word in words
    )
    for word in words:
        if word in scales:
            readings.append(scales[word])
            group = max(group, 1) * scales[word]
            if scales[word] > 100:
                total, group = total + group, 0
        elif word in ("vingt", "vingts") and group % 100 == 4:
            group += 76  # quatre-vingts
        else:
            readings.append(units[word])
            is_sure = is_sure and (units[word] < 10 or group % 100 in (0, 60, 80))  # not "eight thirty"
            group += units[word]
        readings.append(total + group)
    return _worded(readings, is_sure and readings[-1] >= _LEAST_SURE)


def _roman_numbers(text: str) -> Iterator[WordedNumber]:
    for match in _ROMAN.finditer(text):
        values = [_ROMAN_VALUES[letter] for letter in match[1]]
        signed = [-value if value < after else value for value, after in zip(values, [*values[1:], 0], strict=False)]
        if signed:
            yield _worded([sum(signed)], is_sure=False)


def _chinese_number(written: str) -> WordedNumber:
    digits = [HAN_DIGITS[char] for char in written if char in HAN_DIGITS]
    if len(digits) == len(written):  # 二〇二四, digit by digit
        value = int("".join(str(digit % 10) for digit in digits))
        return _worded([*digits, value], is_sure=False)
    readings = list(digits)
    total = group = digit = 0
    for char in written:
        if char in HAN_DIGITS:
            digit = HAN_DIGITS[char]
        elif char in HAN_SCALES:
            group += (digit or 1) * HAN_SCALES[char]
            readings.append(HAN_SCALES[char])
            digit = 0
        else:
            total = (total + group + digit or 1) * HAN_MYRIADS[char]
            readings.append(HAN_MYRIADS[char])
            group = digit = 0
        readings.append(total + group + digit)
    return _worded(readings, is_sure=bool(digits) and readings[-1] >= _LEAST_SURE_HAN)


def _worded(readings: list[int], is_sure: bool) -> WordedNumber:
    decimals = tuple(map(Decimal, readings))
    return WordedNumber(decimals[-1], decimals, is_sure)
