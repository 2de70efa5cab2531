"""The plan: which segments are translated, and where they stand in the texts."""

from typing import Any

import pytest

from service.errors import TooManySegments
from service.tasks.text.languages import find_language
from service.tasks.translation import Detection, Term
from service.tasks.translation.documents.marks.restoring import force_restore
from service.tasks.translation.plan import SourceSegment, TranslationPlan, make_plan, parse_unit
from tests.tasks.translation.scripted_model import order

ENGLISH, FRENCH = find_language("en"), find_language("fr")


def nothing(text: str) -> list[Detection]:
    return []


def plan(*texts: str, max_segments: int = 100, **fields: Any) -> TranslationPlan:
    return make_plan(order(*texts, **fields), ENGLISH, FRENCH, nothing, max_segments=max_segments)


def shown(plan: TranslationPlan) -> list[str]:
    return [segment.unit.text for segment in plan.segments]


def test_equal_segments_are_planned_once() -> None:
    found = plan("Go on. Stop. Go on.", "42", "Stop.")
    assert shown(found) == ["Go on.", "Stop."]
    assert [text.segments for text in found.texts] == [(0, 1, 0), (), (1,)]


def test_each_text_is_joined_from_its_units() -> None:
    texts = ("One. Two.", " - Three\n")
    for text, planned in zip(texts, plan(*texts).texts, strict=True):
        assert planned.document.join([unit.source for unit in planned.document.units]) == text


def test_only_the_first_segment_of_a_text_has_the_prefix() -> None:
    found = plan("  One. Two.", "- One.", output_prefix="Oh ")
    assert [(segment.unit.text, segment.prefix) for segment in found.segments] == [
        ("One.", "Oh "),
        ("Two.", ""),
        ("One.", ""),
    ]
    assert found.texts[0].document.join(["1", "2"]) == "1 2"  # the prefix replaces the white space
    assert found.texts[1].document.join(["1"]) == "Oh - 1"  # layout comes before the segment, and has the prefix


def test_a_segment_knows_the_terms_that_occur_in_it() -> None:
    chat, node = Term("chat", "Plausch"), Term("node", "Knoten")
    found = plan("The chat. A node.", glossary=(chat, node))
    assert [segment.terms for segment in found.segments] == [(chat,), (node,)]


@pytest.mark.parametrize(
    ("text", "term", "restored"),
    [
        ("In {n, plural, other {# Ann is}}", "C#", "C'#' #"),
        ("It is {n, plural, offset:1 other {#}} Ann", "l'Anne", "l'Anne {n, plural, offset:1 other {#}}"),
        ("d'{b} Ann has {a}", "l'Anne", None),
        ("d'{b} {n, plural, other {Ann has}} {a}", "l'Anne", ""),
    ],
)
def test_a_term_in_a_pattern_is_a_mark_that_is_no_syntax(text: str, term: str, restored: str | None) -> None:
    found = plan(text, glossary=(Term("Ann", term),))
    segment = found.segments[-1]
    unit = parse_unit(segment.unit, found.order, segment.source, {"Ann": term})
    assert bool(segment.unit.syntax) == (restored is not None)
    if restored:
        assert force_restore(unit, "[2] [1]") == restored
    elif restored == "":
        assert unit == segment.unit  # in a quote that does not end, the term is left to the model


def test_terms_that_must_not_be_translated_are_marks() -> None:
    assert shown(plan("Acme is fast.", do_not_translate=("Acme",))) == ["[1] is fast."]


@pytest.mark.parametrize(("confidence", "code"), [(0.9, "en"), (0.4, None)])
def test_a_detected_language_counts_only_if_it_is_certain(confidence: float, code: str | None) -> None:
    detection = Detection(ENGLISH, confidence)
    found = make_plan(order("Hello"), None, FRENCH, lambda _: [detection], max_segments=9)
    assert found.texts[0].detected == detection
    assert (found.segments[0].source and found.segments[0].source.code) == code


@pytest.mark.parametrize(("readable", "code"), [({"en", "fr"}, None), ({"is"}, "is")])
def test_a_detected_language_counts_only_if_a_model_reads_it(readable: set[str], code: str | None) -> None:
    detection = Detection(find_language("is"), 0.9)
    texts = ("Hæ", "Hæ. Bless.")
    found = make_plan(order(*texts), None, FRENCH, lambda _: [detection], max_segments=9, readable=readable)
    assert [each.source and each.source.code for each in found.segments] == [code] * len(found.segments)


def test_tags_are_not_shown_to_the_detector() -> None:
    seen: list[str] = []

    def detect(text: str) -> list[Detection]:
        seen.append(text)
        return []

    make_plan(order("<p>Hello</p>", format="html"), None, FRENCH, detect, max_segments=9)
    assert seen == [" Hello "]


def test_repeated_segments_count_against_the_limit() -> None:
    plan("One. One.", max_segments=2)
    with pytest.raises(TooManySegments):
        plan("One. One.", "One.", max_segments=2)


def by_words(text: str) -> list[Detection]:
    """Detects the language of the words that it knows, and is not sure about "Merci."."""
    words = {"Bonjour": ("fr", 0.9), "order": ("en", 0.99), "Merci": ("it", 0.6), "Hund": ("de", 0.95)}
    found = [Detection(find_language(code), confidence) for word, (code, confidence) in words.items() if word in text]
    return [*found, Detection(FRENCH, 0.1)] if found else []


def test_each_sentence_has_its_language_if_none_is_given() -> None:
    text = "Bonjour. The order has not arrived. Merci. Der Hund. 42. Xyz."
    found = make_plan(order(text, source=None), None, FRENCH, by_words, max_segments=9)
    assert [(each.unit.text, each.source and each.source.code) for each in found.segments] == [
        ("The order has not arrived.", "en"),
        ("Der Hund.", "de"),
    ]
    assert found.texts[0].document.join(["1", "2"]) == "Bonjour. 1 Merci. 2 42. Xyz."


@pytest.mark.parametrize("format", ["text", "html", "markdown"])
def test_a_text_in_the_target_language_has_no_segments(format: str) -> None:
    text = "Bonjour. Merci."
    found = make_plan(order(text, source=None, format=format), None, FRENCH, by_words, max_segments=0)
    assert (found.segments, found.texts[0].document.join([])) == ((), text)
    found = make_plan(order("order", source="fr-FR"), find_language("fr-FR"), FRENCH, nothing, max_segments=0)
    assert found.texts[0].document.join([]) == "order"


@pytest.mark.parametrize(("source", "target"), [("pt-BR", "pt-PT"), ("en-GB", "en-US"), ("sr-Latn", "sr-Cyrl")])
def test_two_regions_or_scripts_are_translated_if_both_are_named(source: str, target: str) -> None:
    found = make_plan(order("One."), find_language(source), find_language(target), nothing, max_segments=9)
    assert shown(found) == ["One."]


@pytest.mark.parametrize(
    ("prefix", "written", "expected"),
    [
        ("", " Bonjour \n", "Bonjour"),
        ("Bon", "jour ", "Bonjour"),
        ("Bon", " jour", "Bon jour"),
        ("Bon ", " jour", "Bon jour"),
        ("Bon", " \n", ""),
        ("", "", ""),
    ],
)
def test_the_output_of_the_model_continues_the_prefix(prefix: str, written: str, expected: str) -> None:
    unit = plan("Hello").segments[0].unit
    assert SourceSegment(unit, ENGLISH, prefix, ()).complete(written) == expected
