"""Candidates: the flags that they get, and which of two is the better."""

import pytest

from service.engine.protocol.outputs import FinishReason, TokenLogprob, TokenOutput
from service.engine.protocol.sampling_params import SamplingParams
from service.tasks.generation.choice import Delta
from service.tasks.generation.options import Options
from service.tasks.generation.request import GenerationRequest
from service.tasks.text.languages import find_language
from service.tasks.translation import Flag, Term
from service.tasks.translation.candidate import TranslationCandidate
from service.tasks.translation.plan import SourceSegment
from service.tasks.translation.segment_prompts import SegmentPrompt
from tests.tasks.translation.documents.reading import document

ENGLISH, FRENCH = find_language("en"), find_language("fr")
REQUEST = GenerationRequest(prompt=(1,), options=Options(params=SamplingParams(max_tokens=9)))


def candidate(source: str, terms: tuple[Term, ...] = (), prefix: str = "") -> TranslationCandidate:
    [unit] = document(source).units
    prompt = SegmentPrompt(number=0, unit=unit, request=REQUEST, source_tokens=5)
    return TranslationCandidate(SourceSegment(unit, ENGLISH, prefix, terms), prompt)


def judged(
    source: str,
    output: str,
    terms: tuple[Term, ...] = (),
    prefix: str = "",
    finish: FinishReason = FinishReason.STOP,
    logprobs: tuple[float, ...] = (),
) -> TranslationCandidate:
    made = candidate(source, terms, prefix)
    tokens = tuple(TokenOutput("r", 1, logprob=TokenLogprob(1, logprob)) for logprob in logprobs)
    made.add(Delta(0, 0, output, tokens, finish))
    made.judge(FRENCH, lambda text: [])
    return made


def test_a_sound_candidate_has_no_flags_and_its_marks_restored() -> None:
    made = judged("Hello {name}.", "Bonjour [1].", logprobs=(-1.0, -2.0))
    assert (made.text, made.flags, made.score) == ("Bonjour {name}.", (), -1.5)


@pytest.mark.parametrize(
    ("output", "finish", "flags"),
    [
        ("Bonjour.", FinishReason.STOP, (Flag.PLACEHOLDER,)),
        ("Bonjour [1] et", FinishReason.LENGTH, (Flag.TRUNCATED,)),
        ("Bonjour [1] " + "encore " * 9, FinishReason.ABORT, (Flag.REPETITION, Flag.LENGTH)),
        ("", FinishReason.STOP, (Flag.EMPTY, Flag.PLACEHOLDER)),
    ],
)
def test_each_doubt_is_a_flag(output: str, finish: FinishReason, flags: tuple[Flag, ...]) -> None:
    made = judged("Hello {name}.", output, finish=finish)
    assert made.flags == flags
    assert made.text.count("{name}") == 1


def test_an_empty_candidate_has_the_text_of_its_source_unless_there_is_a_prefix() -> None:
    assert judged("Hello.", " \n").text == "Hello."
    assert judged("Hello.", "", prefix="Bonjour").text == "Bonjour"


def test_words_that_markup_loses_are_flagged() -> None:
    [unit] = document("**bold** text", format="markdown").units
    prompt = SegmentPrompt(number=0, unit=unit, request=REQUEST, source_tokens=5)
    made = TranslationCandidate(SourceSegment(unit, ENGLISH, "", ()), prompt)
    made.add(Delta(0, 0, "[1]texte[2]", (), FinishReason.STOP))
    made.judge(FRENCH, lambda text: [])
    assert (made.text, made.flags) == ("**texte**", (Flag.LOST_WORDS,))


def test_missing_terms_are_named() -> None:
    term = Term("invoice", "facture")
    assert judged("The invoice.", "La note.", (term,)).missed == (term,)
    assert judged("The invoice.", "La Facture.", (term,)).missed == ()


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (judged("Hi there.", "Salut."), judged("Hi there.", "")),
        (judged("Hi there.", "Salut.", logprobs=(-1,)), judged("Hi there.", "Salut.", logprobs=(-2,))),
        (judged("Hi there.", "Salut.", logprobs=(-9,)), judged("Hi there.", "Salut.")),
        (judged("Hi {0}.", "Salut [1].", logprobs=(-9,)), judged("Hi {0}.", "Salut.", logprobs=(-1,))),
        (judged("Hi {0}.", "Salut."), judged("Hi {0}.", "", logprobs=(0,))),
    ],
    ids=["flag or none", "score", "no score", "flags before score", "severity"],
)
def test_rank(better: TranslationCandidate, worse: TranslationCandidate) -> None:
    assert better.rank > worse.rank


def test_a_loop_is_noticed_while_it_is_written() -> None:
    made = candidate("I would like a salad.")
    noticed = []
    for _ in range(20):
        made.add(Delta(0, 0, "salade "))
        noticed.append(made.is_in_loop())
    assert any(noticed)
    assert not noticed[0]


def test_a_loop_that_the_source_has_too_is_none() -> None:
    made = candidate("salad " * 20)
    made.add(Delta(0, 0, "salade " * 20))
    assert not made.is_in_loop()


def test_written_text_never_ends_in_white_space() -> None:
    made = candidate("Hello there.")
    written = []
    for text in (" Bon", "jour ", "\n le", " "):
        made.add(Delta(0, 0, text))
        written.append(made.written)
    assert written == ["Bon", "Bonjour", "Bonjour \n le", "Bonjour \n le"]
