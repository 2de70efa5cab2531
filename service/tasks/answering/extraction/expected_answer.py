"""What a question asks for, as far as its own words say it: a time, a number, or so many of something.

The type of the expected answer tells candidates apart that a small model finds equally likely (the idea is that of
question classification: Li and Roth, 2002). It is known for questions in English and in Chinese.
"""

import re
from dataclasses import dataclass

from service.tasks.text.number_words import CARDINALS

# Questions.
_ASKS_TIME = re.compile(
    r"\bwhen\b|\b(?:what|which)\s+(?:year|date|day|month|decade|century)\b|哪一?[年天]|什么时候|何时|日期|几月|时间",
    re.IGNORECASE,
)
_ASKS_NUMBER = re.compile(
    r"\bhow\s+(?:many|much|old|long|tall|far|high|large|big|wide|deep|fast)\b|\bwhat\s+(?:percent|number|score|fraction)"
    r"|多[少大长高远快重宽深]|几(?!乎)|百分|比[例分率]",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"\bhow\s+many\s+(\w{3,})|(?:多少|几(?!乎))([\u4e00-\u9fff])|(多大)", re.IGNORECASE)

# Answers.
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_TIME = re.compile(rf"\b[0-9]{{4}}|\b(?:{_MONTHS})\b|\bcentur(?:y|ies)\b|年|月|日|世纪|[春夏秋冬时]")
_NUMBER_WORDS = "|".join((*CARDINALS["en"], "hundred", "thousand", "million", "billion", "dozen", "half", "third"))
_NUMBER = re.compile(
    r"\bhow\s+(?:many|much|old|long|tall|far|high|large|big|wide|deep|fast)\b|\bwhat\s+(?:percent|number|score|fraction)"
    r"|多[少大长高远快重宽深]|几(?!乎)|百分|比[例分率]",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"\bhow\s+many\s+(\w{3,})|(?:多少|几(?!乎))([\u4e00-\u9fff])|(多大)", re.IGNORECASE)

# Answers.
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_TIME = re.compile(rf"\b[0-9]{{4}}|\b(?:{_MONTHS})\b|\bcentur(?:y|ies)\b|年|月|日|世纪|[春夏秋冬时]")
_NUMBER_WORDS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen"
    "|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|billion|dozen|half|third"
)
_NUMBER = re.compile(rf"[0-9０-９]|\b(?:{_NUMBER_WORDS})\b|[一二三四五六七八九十百千万亿两]", re.IGNORECASE)

_ANY_NUMBER = 0.4  # for a number where a number is asked for, since most texts have several
_NEXT = re.compile(r"[0-9,.;:，。；：、（(]")  # ends what belongs to a number before it
_BEHIND_HAN = 3  # characters behind a span in which the counted thing is looked for
_BEHIND = 30  # in texts that have spaces
_YEARS_OLD = "岁"


@dataclass(frozen=True, slots=True)
class ExpectedAnswer:
    """``counted`` holds the words behind "how many", in small letters; any of them fits."""

    is_time: bool
    is_number: bool
    counted: tuple[str, ...]

    @classmethod
    def of(cls, question: str) -> "ExpectedAnswer":
        """What the question asks for."""
        counted: list[str] = []
        for word, han, age in _COUNTED.findall(question):
            counted += [word.lower().removesuffix("s")] if word else [_YEARS_OLD] if age else [han]
        return cls(bool(_ASKS_TIME.search(question)), bool(_ASKS_NUMBER.search(question)), tuple(counted))

    @property
    def is_short(self) -> bool:
        """Whether few words are enough for what is asked for."""
        return self.is_time or self.is_number

    def fit(self, text: str, start: int, end: int) -> float:
        """Between 0 and 1: whether the span looks like what is asked for. 0 if the question says nothing about it."""
        span = text[start:end]
        if self.is_time and _TIME.search(span):
            return 1.0
        if not (self.is_number and _NUMBER.search(span)):
            return 0.0
        length = _BEHIND if text[end : end + 2].isascii() else _BEHIND_HAN
        counted = span + _NEXT.split(text[end : end + length], maxsplit=1)[0]
        return 1.0 if any(each in counted.lower() for each in self.counted) else _ANY_NUMBER
