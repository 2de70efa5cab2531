"""The evaluation's arithmetic is right, and what a server's answers do not hold is never a good figure."""

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from benchmarks.quality import answers, placeholders, translations
from benchmarks.quality.asking import Asked, Asker, Reply
from benchmarks.quality.benchmark import TASKS, measure
from benchmarks.quality.calibration import area_under_curve, calibration_error
from benchmarks.quality.marked import Marked, marked_texts, survives, tag_tree
from benchmarks.quality.samples import PARALLEL, Pair, Question, answerable, documents, sentences, unanswerable
from benchmarks.quality.scores import Score, table
from benchmarks.quality.squad import exact_match, f1, words
from benchmarks.serving import results as report
from tests.api.scripted import scripted_service, served
from tests.fakes.engine import ScriptedEngine


@pytest.mark.parametrize(
    ("given", "due", "language", "exact", "share"),
    [
        ("The  Cat.", "a cat", "en", 1, 1),
        ("a black cat", "cat", "en", 0, 2 / 3),
        ("cat cat", "cat", "en", 0, 2 / 3),
        ("", "cat", "en", 0, 0),
        ("theatre", "atre", "en", 0, 0),
        ("“308” 分。", "308分", "zh", 1, 1),
        ("黑豹队", "黑豹", "zh", 0, 4 / 5),
        ("the 308 分", "308 分", "zh", 0, 4 / 5),  # Chinese has no articles
    ],
)
def test_exact_match_and_f1(given: str, due: str, language: str, exact: float, share: float) -> None:
    assert exact_match(given, ["something", due], language) == exact
    assert f1(given, ["something", due], language) == pytest.approx(share)


def test_words_of_chinese_are_characters_and_runs_of_others() -> None:
    assert words("在NFL的24次。", "zh") == ["在", "nfl", "的", "24", "次"]


def test_calibration_error_and_area_under_the_curve() -> None:
    assert calibration_error([1.0, 0.0], [True, False]) == 0
    assert calibration_error([1.0, 0.0], [False, True]) == 1
    assert calibration_error([0.72, 0.78, 0.15], [True, False, False]) == pytest.approx((2 * 0.25 + 0.15) / 3)
    assert area_under_curve([0.9, 0.8, 0.1], [True, True, False]) == 1
    assert area_under_curve([0.9, 0.5, 0.5], [False, True, False]) == pytest.approx(0.25)
    assert area_under_curve([0.9], [True]) is None


@pytest.mark.parametrize(
    ("translated", "survived"),
    [
        ('<i>x</i> <b>y <a href="q">z</a></b><br/>', True),  # neighbours in another order
        ('<i>x</i> <b>y</b> <a href="q">z</a><br>', False),  # one out of the other
        ('<i>x</i> <b>y <a href="r">z</a></b><br>', False),
        ('<i>x <b>y <a href="q">z</a></i></b><br>', False),  # crossed
        ('<i>x</i> <b>y <a href="q">z</a><br>', False),  # not closed
        ('&lt;i>x&lt;/i> <b>y <a href="q">z</a></b><br>', False),  # became text
    ],
)
def test_a_tag_tree_is_what_is_in_what(translated: str, survived: bool) -> None:
    text = Marked("html", "html", '<b>a <a href="q">b</a></b> <i>c</i><br>')
    assert survives(text, text.text)
    assert survives(text, translated) is survived


def test_two_broken_trees_are_not_equal() -> None:
    assert tag_tree("<b>x") is None
    assert all(tag_tree(each.text) is not None for each in marked_texts(1000) if each.format == "html")


def test_marked_texts_are_the_same_each_time_and_all_different() -> None:
    made = marked_texts(1000)
    assert made == marked_texts(1000)
    assert len({each.text for each in made}) == len(made) > 50
    assert {"text", "markdown", "html"} == {each.format for each in made}
    assert all(survives(each, each.text) for each in made)
    for each in made:
        for piece in each.pieces:
            assert not survives(each, each.text.replace(piece, ""))
            assert not survives(each, each.text + piece)


def test_a_segment_is_silently_lost_where_no_flag_tells() -> None:
    source = "One. Two."

    def segment(start: int, end: int, text: str, *flags: str) -> dict:
        return {"source": source[start:end], "text": text, "start": start, "end": end, "flags": list(flags)}

    whole = [segment(0, 4, "Un."), segment(5, 9, "Deux.")]
    lost = translations.silently_lost
    assert lost(source, "Un. Deux.", whole) == 0
    assert lost(source, "Un.", whole) == 1  # not in the text
    assert lost(source, "Deux. Un.", whole) == 1  # not in order
    assert lost(source, "Un.", whole[:1]) == 1  # not covered
    assert lost(source, "Deux.", whole[1:]) == 1
    assert lost(source, "Un.", [whole[0], segment(5, 9, " ")]) == 1
    assert lost(source, "Un.", [whole[0], segment(5, 9, "", "empty")]) == 0
    assert translations.lines_lost("a\n\nb\nc", "A\nB") == 1
    assert translations.lines_lost("a", "A\nB") == 0


def test_offsets_must_be_exact_and_a_refusal_answers_nothing() -> None:
    context = "The cat sat."
    questions = [Question(str(i), "Who?", context, ("cat",) if i < 3 else ()) for i in range(5)]

    def reply(answer: str, start: int | None, probability: float, **more: object) -> Reply:
        end = None if start is None else start + len(answer)
        body = {"mode": "extractive", "answer": answer, "start": start, "end": end, "no_answer": not answer}
        return Reply(body | {"no_answer_probability": probability, "answers": [], "citations": []} | more)

    replies = [
        reply("cat", 4, 0.0),
        reply("cat", 5, 0.0),
        reply("", None, 1.0),
        reply("", None, 1.0),
        reply("sat", 8, 0.0, answers=[{"text": "sat", "start": 8, "end": 11}, {"text": "sat", "start": 7, "end": 10}]),
    ]
    score = answers.score("en", "extractive", questions, Asked(replies, 10.0))
    assert (score.failed, score.seconds) == (0, 2.0)
    assert score.figures == pytest.approx(
        {
            "exact match %": 200 / 3,
            "F1 %": 200 / 3,
            "refused: no answer there %": 50.0,
            "refused: answer there %": 100 / 3,
            "exact offsets %": 60.0,
            "citations dropped": None,
            "ECE %": 100 * (3 * 1 / 3 + 2 * 1 / 2) / 5,
            "AUC %": 100 * (1 + 1 + 0.5 + 0.5 + 0.5 + 0) / 6,
        }
    )


def test_an_answer_in_another_mode_or_without_offsets_is_no_success() -> None:
    questions = [Question("1", "Who?", "The cat sat.", ("cat",))]
    other = answers.score("en", "extractive", questions, Asked([Reply({"answer": "cat"})], 1.0))
    assert (other.failed, other.figures["F1 %"], other.figures["exact offsets %"]) == (1, None, None)
    bare = Reply({"answer": "cat", "mode": "extractive"})
    score = answers.score("en", "extractive", questions, Asked([bare], 1.0))
    assert (score.figures["F1 %"], score.figures["exact offsets %"]) == (100.0, 0.0)
    assert score.figures["ECE %"] is score.figures["refused: answer there %"] is None


def test_what_a_translation_does_not_tell_is_unknown_not_zero() -> None:
    pairs = [Pair("One two three four.", "Un deux trois quatre."), Pair("Five.", "Cinq.")]

    def score(*texts: dict[str, Any]) -> Score:
        return translations.score("x", "fr", pairs, Asked([Reply({"translations": [text]}) for text in texts], 4.0))

    bare = score({"text": pairs[0].reference}, {"text": pairs[1].reference})
    assert (bare.figures["chrF2++"], bare.figures["BLEU"]) == pytest.approx((100, 100))
    assert bare.figures["flagged %"] is bare.figures["silently lost"] is bare.figures["segments"] is None
    segment = {"start": 0, "end": 19, "text": "Un deux", "flags": ["length", "retried"]}
    told = score(
        {"text": "Un deux", "segments": [segment]},
        {"text": "Cinq.", "segments": [{"start": 0, "end": 5, "text": "Cinq.", "flags": ["retried"]}]},
    )
    assert (told.figures["flagged %"], told.figures["retried %"], told.figures["silently lost"]) == (50, 100, 0)
    assert told.flags == {"retried": 2, "length": 1}
    figure = told.figures["chrF2++"]
    assert figure is not None
    assert 0 < figure < 100


def test_a_lost_placeholder_is_silent_without_its_flag() -> None:
    texts = [Marked("format", "text", f"See {{{i}}}.", (f"{{{i}}}",)) for i in range(3)]
    found = [{"text": "{0}", "flags": []}, {"text": "?", "flags": ["placeholder"]}, {"text": "?", "flags": ["length"]}]
    score = placeholders.score("fr", texts, Asked([Reply({"translations": [each]}) for each in found], 3.0))
    assert score.figures == pytest.approx(
        {"each once %": 100 / 3, "same tags %": None, "flagged %": 100 / 3, "silent losses": 1.0}
    )
    found = [{"text": each["text"]} for each in found]
    score = placeholders.score("fr", texts, Asked([Reply({"translations": [each]}) for each in found], 3.0))
    assert (score.figures["flagged %"], score.figures["silent losses"]) == (None, 2.0)


def test_a_table_has_a_cell_for_each_column() -> None:
    pairs = [Pair("One.", "Un.")]
    flagged = {"start": 0, "end": 4, "text": "Un.", "flags": ["length"]}
    naive = translations.naive_score("x", "fr", pairs, Asked([Reply({}, "no")], 1.0))
    ours = translations.score(
        "x", "fr", pairs, Asked([Reply({"translations": [{"text": "Un.", "segments": [flagged]}]})], 1.0)
    )
    for scores in ([naive], [naive, ours]):
        made = table(scores)
        assert all(len(list(column.cells)) == len(scores) for column in made.columns)
        assert all(str(column.header) for column in made.columns)
    assert list(made.columns[-1].cells) == ["", "length 1"]
    assert [next(iter(column.cells)) for column in made.columns[3:5]] == ["-", "-"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A directory with a few made-up texts under the names of the real ones."""
    for language, answer in (("en", "red {0}"), ("zh", "红{0}")):
        articles = [
            {"paragraphs": [{"context": f"It is {text}.", "qas": [_qa(number, text)]}]}
            for number in range(4)
            for text in [answer.format(number)]
        ]
        (tmp_path / f"xquad.{language}.json").write_text(json.dumps({"data": articles}), encoding="utf-8")
    for files in PARALLEL.values():
        for names in files.values():
            for name in names:
                lines = [f"{name} line {number}" for number in range(40)]
                (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


def _qa(number: int, answer: str) -> dict:
    return {"id": str(number), "question": "What is it?", "answers": [{"text": answer, "answer_start": 6}]}


def test_samples_are_the_same_each_time_and_unanswerable_ones_are(data: Path) -> None:
    assert answerable(data, "en", 2) == answerable(data, "en", 2) != answerable(data, "en", 3)
    assert len(answerable(data, "en", 100)) == 4
    for language in ("en", "zh"):
        for good, bad in zip(answerable(data, language, 4), unanswerable(data, language, 4), strict=True):
            assert (good.id, good.question, bad.answers) == (bad.id, bad.question, ())
            assert good.answers[0] in good.context
            assert good.answers[0] not in bad.context
    assert [pair.source for pair in sentences(data, "NTREX", ("en", "fr"), 2)] == [
        "ntrex.src.eng.txt line 0",
        "ntrex.src.eng.txt line 20",
    ]
    [document] = documents(data, ("zh", "en"), 1)
    assert document.source.splitlines()[11] == "ntrex.ref.zho-CN.txt line 11"
    assert len(document.reference.splitlines()) == 12


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(report, "RESULTS", tmp_path / "results")
    return tmp_path / "results"


def test_the_whole_of_it_on_the_real_routes(data: Path, results: Path) -> None:
    """The scripted engine says the same to everything."""
    with scripted_service(ScriptedEngine(text="red 1"), strict_params=True) as service:
        found = measure("", service.url, data, TASKS, sample=2, in_flight=4)
    assert {score.task for score in found} == set(TASKS)
    assert all(score.failed == 0 for score in found)
    assert all(score.figures.get("silently lost", 0) in (0, None) for score in found)
    english = found[0]
    assert (english.data, english.way, english.count) == ("XQuAD en", "naive", 2)
    assert english.figures["F1 %"] == pytest.approx(50.0)  # "red 0" and "red 2"
    [path] = results.iterdir()
    written = json.loads(path.read_text(encoding="utf-8"))["results"]
    assert [each["way"] for each in written] == [score.way for score in found]
    assert written[0]["items"][0]["given"] == "red 1"


def test_what_failed_or_was_ignored_is_reported() -> None:
    app = FastAPI()

    @app.post("/v1/answer")
    async def answer(request: Request) -> Response:
        question = (await request.json())["question"]
        if question == "fail":
            return JSONResponse({"error": "no"}, 400)
        ignored = {"x-ignored-params": "mode"} if question == "ignore" else {}
        return JSONResponse({"answer": question}, headers=ignored)

    with served(app) as ((host, port), _):
        asker = Asker(f"http://{host}:{port}", 2)
        bodies = [{"question": question} for question in ("a", "fail", "ignore", "b")]
        replies = asker.ask("/v1/answer", bodies).replies
    assert [reply.body.get("answer") for reply in replies] == ["a", None, None, "b"]
    assert [reply.error for reply in replies] == ["", '400 {"error":"no"}', "the server ignored mode", ""]
    assert Asker("http://127.0.0.1:9", 2).ask("/", [{}]).replies[0].error.startswith("ConnectError")
