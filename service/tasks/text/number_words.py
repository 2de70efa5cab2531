"""Number words of English and French, and the numerals of Chinese."""

# Words that say how many, and nothing else.
CARDINALS = {
    "en": {
        "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
        "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
        "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
        "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
    },
    "fr": {
        "zéro": 0, "un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8,
        "dix": 10, "onze": 11, "douze": 12, "treize": 13, "quatorze": 14, "quinze": 15, "seize": 16, "vingt": 20,
        "vingts": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60, "septante": 70, "huitante": 80,
        "octante": 80, "nonante": 90,
    },
}  # fmt: skip

# Words that may say a number, and may say something else.
OTHERS = {
    "en": {
        "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
        "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15,
        "sixteenth": 16, "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
        "fortieth": 40, "fiftieth": 50, "a": 1, "an": 1, "once": 1, "twice": 2, "double": 2, "both": 2, "couple": 2,
        "pair": 2, "half": 2, "quarter": 4, "quarters": 4, "triple": 3, "single": 1, "noon": 12, "midnight": 12,
        "fortnight": 14, "thirds": 3, "fifths": 5, "tenths": 10, "twenties": 20, "thirties": 30, "forties": 40,
        "fifties": 50, "sixties": 60, "seventies": 70, "eighties": 80, "nineties": 90,
    },
    "fr": {
        "premier": 1, "première": 1, "premiers": 1, "premières": 1, "second": 2, "seconde": 2, "deuxième": 2,
        "troisième": 3, "quatrième": 4, "cinquième": 5, "sixième": 6, "septième": 7, "huitième": 8, "neuvième": 9,
        "dixième": 10, "onzième": 11, "douzième": 12, "treizième": 13, "quatorzième": 14, "quinzième": 15,
        "seizième": 16, "vingtième": 20, "trentième": 30, "centième": 100, "millième": 1000, "neuf": 9, "neuve": 9,
        "moitié": 2, "demi": 2, "demie": 2, "double": 2, "tiers": 3, "quart": 4, "quarts": 4, "triple": 3,
        "quinzaine": 15, "vingtaine": 20, "trentaine": 30, "quarantaine": 40, "cinquantaine": 50, "soixantaine": 60,
        "midi": 12, "minuit": 12, "couple": 2, "paire": 2,
    },
}  # fmt: skip

# Words that multiply what stands before them.
SCALES = {
    "en": {
        "hundred": 100, "hundreds": 100, "thousand": 1000, "thousands": 1000, "million": 10**6, "millions": 10**6,
        "billion": 10**9, "billions": 10**9, "trillion": 10**12, "trillions": 10**12, "dozen": 12, "dozens": 12,
        "hundredth": 100, "thousandth": 1000, "score": 20, "century": 100, "centuries": 100, "decade": 10,
        "decades": 10,
    },
    "fr": {
        "cent": 100, "cents": 100, "mille": 1000, "million": 10**6, "millions": 10**6, "milliard": 10**9,
        "milliards": 10**9, "billion": 10**12, "billions": 10**12, "centaine": 100, "centaines": 100, "millier": 1000,
        "milliers": 1000, "dizaine": 10, "dizaines": 10, "douzaine": 12, "douzaines": 12, "siècle": 100,
        "siècles": 100, "décennie": 10, "décennies": 10,
    },
}  # fmt: skip
JOINING = frozenset({"and", "et"})  # "two hundred and five", "vingt et un"

HAN_DIGITS = dict(zip("零〇一二三四五六七八九", (0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)) | {
    "两": 2, "兩": 2, "廿": 20, "卅": 30, "半": 2, "双": 2, "雙": 2,
}  # fmt: skip
HAN_SCALES = {"十": 10, "百": 100, "千": 1000}
HAN_MYRIADS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
