"""What a question asks for, and which spans look like it."""

import pytest

from service.tasks.answering.extraction.expected_answer import ExpectedAnswer


def fit(question: str, text: str, span: str) -> float:
    start = text.index(span)
    return ExpectedAnswer.of(question).fit(text, start, start + len(span))


@pytest.mark.parametrize(
    ("question", "text", "right", "wrong"),
    [
        ("When was it built?", "Dahl built it in 1891.", "1891", "Dahl"),
        ("In what year was it built?", "Dahl built it in May 1891.", "May 1891", "Dahl"),
        ("大桥是哪一年建成的？", "王磊在1962年建成大桥。", "1962年", "王磊"),
        ("大桥何时建成？", "王磊在去年春天建成大桥。", "去年春天", "王磊"),
        ("How many interceptions were there?", "It scored 308 points and had 24 interceptions.", "24", "308"),
        ("How many seats does the hall have?", "Built in 1891, the hall has forty seats.", "forty", "1891"),
        ("防守有多少次拦截？", "防守丢了308分，有24次拦截。", "24", "308"),
        ("他当时多大？", "他在第50届比赛时39岁。", "39", "50"),
        ("How far is the station?", "The station by the old mill is two miles away.", "two miles", "the old mill"),
        ("失业的比例是多少？", "失业者占7.4%，多为青年。", "7.4%", "青年"),
    ],
)
def test_what_is_asked_for_fits_better(question: str, text: str, right: str, wrong: str) -> None:
    assert fit(question, text, right) > fit(question, text, wrong)


@pytest.mark.parametrize(
    "question", ["Who built it?", "谁几乎没有参加？", "¿Cuándo?", "Where does somehow many a river end?"]
)
def test_a_question_that_says_nothing_prefers_nothing(question: str) -> None:
    text = "Dahl built it in 1891 with 40 men. 王磊在1962年建成大桥。"
    assert {fit(question, text, span) for span in ("Dahl", "1891", "40", "1962年", "王磊")} == {0.0}


def test_a_number_fits_less_than_a_number_of_what_is_counted() -> None:
    text = "It has 12 rooms and 300 seats."
    assert 0 < fit("How many rooms has it?", text, "300") < fit("How many rooms has it?", text, "12")
