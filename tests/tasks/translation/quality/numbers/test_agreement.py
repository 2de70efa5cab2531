"""Numbers, days and currencies that differ, and those that say the same in another way."""

import pytest

from service.tasks.text.languages import find_language
from service.tasks.translation.quality.numbers.agreement import has_other_numbers

SAME = [
    ("en", "fr", "It costs 1,500.50 dollars.", "Cela coûte 1 500,50 dollars."),
    ("en", "de", "It costs 1,500.50 dollars.", "Es kostet 1.500,50 Dollar."),
    ("en", "fr", "She is twenty-five.", "Elle a 25 ans."),
    ("en", "fr", "He is 97.", "Il a quatre-vingt-dix-sept ans."),
    ("fr", "en", "Il a soixante-treize ans.", "He is seventy-three."),
    ("en", "zh", "More than 360,000 people died.", "36万多人死亡。"),
    ("zh", "en", "人口约1.5亿。", "The population is about 150 million."),
    ("en", "zh", "There are two hundred and five rooms.", "有二百零五个房间。"),
    ("en", "zh", "In the 1930s, on October 5, 2011.", "20世纪30年代，2011年10月5日。"),
    ("en", "fr", "In the 19th century.", "Au XIXe siècle."),
    ("en", "fr", "The train leaves at 5:30 p.m.", "Le train part à 17h30."),
    ("en", "fr", "It doesn't start until eight thirty.", "Cela ne commence pas avant huit heures trente."),
    ("en", "fr", "It will rain in the Four Corners.", "Il pleuvra dans les Four Corners."),
    ("en", "fr", "They sell it for $3.5bn.", "Ils le vendent 3,5 milliards de dollars."),
    ("en", "fr", "Up to 10 inches of rain.", "Jusqu'à 25 cm de pluie."),
    ("en", "zh", "See you on Sunday, 20% off.", "周日见，打八折，优惠百分之二十。"),
    ("en", "de", "Three of 12 came.", "Drei von zwölf kamen."),
    ("en", "fr", "I have a dog.", "J'ai un chien."),
    ("en", "zh", "Version ２.０", "版本 2.0"),
]  # fmt: skip

DIFFERENT = [
    ("en", "fr", "Sims was 20 years old.", "Sims avait 30 ans."),
    ("zh", "en", "已造成36万多人死亡。", "It has caused 36 million people to die."),
    ("en", "fr", "It costs 1,500 dollars.", "Cela coûte 15 000 dollars."),
    ("en", "fr", "I have three dogs.", "J'ai quatre chiens."),
    ("en", "zh", "It took twenty-five years.", "花了很多年。"),
    ("zh", "en", "这个班有四十二个学生。", "There are 24 students in this class."),
    ("en", "fr", "See you on Monday.", "À mardi."),
    ("en", "zh", "See you on Wednesday.", "周五见。"),
    ("en", "fr", "It costs $500.", "Cela coûte 500 euros."),
    ("fr", "en", "Cela coûte 500 €.", "It costs $500."),
    ("en", "fr", "It rose by 5%.", "Il a augmenté de 5."),
    ("en", "de", "The year 1894 was cold.", "Das Jahr 1984 war kalt."),
    ("en", "fr", "In October 2011.", "En octobre 2011, le 12."),
]


def differs(source: str, target: str, text: str, translation: str) -> bool:
    return has_other_numbers(text, translation, find_language(source), find_language(target))


@pytest.mark.parametrize(("source", "target", "text", "translation"), SAME)
def test_the_same_said_in_another_way_is_no_difference(source: str, target: str, text: str, translation: str) -> None:
    assert not differs(source, target, text, translation)
    assert not differs(target, source, translation, text)


@pytest.mark.parametrize(("source", "target", "text", "translation"), DIFFERENT)
def test_other_numbers_days_and_currencies_are_found(source: str, target: str, text: str, translation: str) -> None:
    assert differs(source, target, text, translation)


def test_the_source_language_may_be_unknown() -> None:
    french = find_language("fr")
    assert has_other_numbers("Sims was 20 years old.", "Sims avait 30 ans.", None, french)
    assert not has_other_numbers("Sims was 20 years old.", "Sims avait 20 ans.", None, french)


@pytest.mark.timeout(60)  # quadratic time would be far longer
@pytest.mark.parametrize("text", ["1", "1,234", "twenty ", "一", "1 ", "X", "1.", "$"], ids=repr)
def test_hostile_texts_take_linear_time(text: str) -> None:
    text *= 20_000 // len(text)
    english, chinese = find_language("en"), find_language("zh")
    assert not has_other_numbers(text, text, english, english)
    has_other_numbers(text, text, chinese, chinese)
