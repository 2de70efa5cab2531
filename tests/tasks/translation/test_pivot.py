"""The two legs of a translation through a pivot."""

import pytest

from service.tasks.generation.options import GREEDY
from service.tasks.text.languages import find_language
from service.tasks.translation import Flag, Term, Translation, Translator
from tests.tasks.translation.scripted_model import generator, order, scripted

ENGLISH = find_language("en")


async def through_english(text: str, first: dict[str, str], second: dict[str, str], **fields: object) -> Translation:
    """The translation of a German text into French, by two scripted language models."""

    def leg(said: dict[str, str]) -> Translator:
        return Translator(generator(scripted(lambda text, _: said.get(text, text))))

    legs = [leg(first), leg(second)]
    plan = await legs[0].pivot_plan(order(text, source="de", target="fr", **fields), ENGLISH)
    with await (await legs[0].prepare_plan(plan.first, options=GREEDY)).start() as run:
        translations = await run.collect()
    with await (await legs[1].prepare_plan(plan.second(translations), options=GREEDY)).start() as run:
        [translation] = await run.collect()
    return translation


async def test_the_second_leg_reads_what_the_first_one_wrote() -> None:
    first, second = {"Der Hund.": "The dog."}, {"The dog.": "Le chien."}
    translation = await through_english("Der Hund. ", first, second)
    assert translation.text == "Le chien. "
    assert [(each.source, each.start, each.end) for each in translation.segments] == [("Der Hund.", 0, 9)]
    assert (translation.source, translation.flags) == (find_language("de"), ())


async def test_marks_are_the_same_in_both_legs() -> None:
    first = {"Der [1]Hund[2] heißt [3]!": "[3] is the [1]dog[2]!"}
    second = {"[3] is the [1]dog[2]!": "Le [1]chien[2] est [3] !"}
    translation = await through_english("Der <b>Hund</b> heißt {name}!", first, second, format="html")
    assert translation.text == "Le <b>chien</b> est {name} !"
    assert translation.flags == ()


async def test_a_mark_that_the_first_leg_loses_is_put_back_before_the_second() -> None:
    first = {"Der [1]Hund[2] schläft.": "The dog [1]sleeps."}
    translation = await through_english("Der <b>Hund</b> schläft.", first, {}, format="html")
    assert translation.text.count("<b>") == translation.text.count("</b>") == 1
    assert Flag.PLACEHOLDER in translation.flags


async def test_doubts_about_both_legs_are_told_and_the_lower_confidence_counts() -> None:
    german, english = "Ich habe 12 Hunde.", "I have 13 dogs."
    translation = await through_english(german, {german: english}, {english: "J’ai 13 chiens."})
    assert Flag.NUMBERS in translation.flags
    alone = await through_english(german, {german: "I have 12 dogs."}, {"I have 12 dogs.": "J’ai 12 chiens."})
    doubtful, clean = (each.segments[0].confidence for each in (translation, alone))
    assert doubtful is not None
    assert clean is not None
    assert doubtful < clean


async def test_terms_are_kept_through_both_legs() -> None:
    first, second = {"Der [1] schläft.": "The [1] sleeps."}, {"The [1] sleeps.": "Le [1] dort."}
    translation = await through_english("Der Hund schläft.", first, second, glossary=(Term("Hund", "toutou"),))
    assert translation.text == "Le toutou dort."
    assert (translation.terms_applied, translation.terms_missed) == (("Hund",), ())


@pytest.mark.parametrize("copied", ["Paris", "Paris & Rome"])
async def test_what_the_second_leg_copies_is_the_text_in_the_pivot(copied: str) -> None:
    first = {"Die Stadt": copied}
    translation = await through_english("Die Stadt", first, {})
    assert translation.text == copied
