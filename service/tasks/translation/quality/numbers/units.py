"""Currencies, per cent and units of measure, by what they are called in English, French and Chinese."""

import re

# A sign beside digits in a source, and what may stand for it in a translation.
_SIGNS = {
    r"\$": r"\$|\bdollars?\b|\bUSD\b|\bbucks?\b|美元|美金|元|刀",
    r"€": r"€|\beuros?\b|\bEUR\b|欧元|歐元",
    r"£": r"£|\bpounds?\b|\bGBP\b|\blivres?\b|英镑|英鎊|磅|\bquid\b",
    r"[¥￥]": r"[¥￥]|\byens?\b|\byuans?\b|\b(?:RMB|CNY|JPY)\b|元|圆|圓|块|塊",
    r"%": r"%|\bper ?cent\w*|\bpour[ -]?cent\w*|百分|成|\bpoints?\b",
}
_IMPERIAL = (
    r"\b(?:miles?|mph|feet|foot|inch(?:es)?|yards?|acres?|pounds?|lbs?|ounces?|oz|stone|gallons?|pints?|fahrenheit|"
    r"milles?|pieds?|pouces?|livres?|onces?|gallons?)\b|英里|英尺|英寸|英亩|磅|盎司|加仑|华氏|°F"
)
_METRIC = (
    r"(?:\b|(?<=\d))(?:[ckm]?m|km/h|[km]?g|ha|hectares?|litres?|liters?|(?:kilo|centi|milli)?m[eè]t(?:re|er)s?|"
    r"kilos?|(?:kilo)?grammes?|(?:kilo)?grams?|celsius)\b|公里|千米|公斤|千克|厘米|毫米|米|克|公顷|升|摄氏|°C|\bdegr[eé]+s\b"
)
_PATTERNS = [
    (re.compile(rf"{sign}\s*\d|\d\s*{sign}"), re.compile(names, re.IGNORECASE)) for sign, names in _SIGNS.items()
]
_SYSTEMS = (re.compile(_IMPERIAL, re.IGNORECASE), re.compile(_METRIC, re.IGNORECASE))


def loses_sign(source: str, translation: str) -> bool:
    """Whether a currency or per cent stands beside digits of the source, and is not in the translation at all."""
    return any(sign.search(source) and not names.search(translation) for sign, names in _PATTERNS)


def converts_units(source: str, translation: str) -> bool:
    """Whether one text measures in miles, feet or pounds and the other one in kilometres, metres or kilograms."""
    return any(one.search(source) and other.search(translation) for one, other in (_SYSTEMS, _SYSTEMS[::-1]))
