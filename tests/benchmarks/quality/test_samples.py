"""Samples are the same in every run, and unanswerable questions have no answer."""

import json
from pathlib import Path

from benchmarks.quality.samples import answerable_questions, documents, sentences, short_lines, unanswerable_questions


def test_samples_are_the_same_in_every_run(data: Path) -> None:
    assert (
        answerable_questions(data, "en", 2)
        == answerable_questions(data, "en", 2)
        != answerable_questions(data, "en", 3)
    )
    assert len(answerable_questions(data, "en", 100)) == 4
    for language in ("en", "zh"):
        for good, bad in zip(
            answerable_questions(data, language, 4), unanswerable_questions(data, language, 4), strict=True
        ):
            assert (good.id, good.question, bad.answers) == (bad.id, bad.question, ())
            assert good.answers[0] in good.context
            assert good.answers[0] not in bad.context
    assert [pair.source for pair in sentences(data, "NTREX", ("en", "fr"), 2)] == [
        "ntrex.src.eng.txt line 0",
        "ntrex.src.eng.txt line 20",
    ]
    name = "ntrex.src.eng.txt line"
    [(line, before)] = short_lines(data, ("en", "fr"), 1)
    assert (line.source, line.reference, before) == (
        f"{name} 2",
        "ntrex.ref.fra.txt line 2",
        (f"{name} 0", f"{name} 1"),
    )
    assert len(short_lines(data, ("en", "fr"), 100)) == 8  # the others have a digit more
    [document] = documents(data, ("zh", "en"), 1)
    assert document.source.splitlines()[11] == "ntrex.ref.zho-CN.txt line 11"
    assert len(document.reference.splitlines()) == 12


def test_white_space_does_not_tell_where_a_chinese_answer_stands(tmp_path: Path) -> None:
    questions = [{"id": "1", "question": "谁？", "answers": [{"text": "Ada 王", "answer_start": 2}]}]
    context = "由 Ada 王 创办，在 1923 年。 Ada Lovelace“ 好 ”"
    content = {"data": [{"paragraphs": [{"context": context, "qas": questions}]}]}
    for language in ("en", "zh"):
        (tmp_path / f"xquad.{language}.json").write_text(json.dumps(content), encoding="utf-8")
    [chinese] = answerable_questions(tmp_path, "zh", 1)
    assert (chinese.context, chinese.answers) == ("由Ada王创办，在1923年。Ada Lovelace“好”", ("Ada王",))
    [english] = answerable_questions(tmp_path, "en", 1)
    assert (english.context, english.answers) == (context, ("Ada 王",))
