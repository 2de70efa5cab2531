"""Follow-up questions of QuAC, and the scores of their answers."""

import json
from pathlib import Path

from benchmarks.quality.client import Replies, Reply
from benchmarks.quality.history import score_answers
from benchmarks.quality.quac import QUAC, FollowUp, follow_ups, split_answers

PASSAGE = "Ada was born in Gent, in 1894. She built a bridge. It fell into the river after a week."
LINE = {
    "passage": PASSAGE,
    "question": "question1: Where was she born?\nquestion2: What did she build?\nquestion3: Who paid?\n",
    "answer": "possible answers for question1:\nGent in Gent,\n"
    "possible answers for question2:\na bridge. It fell She built a bridge.\n"
    "possible answers for question3:\nAda CANNOTANSWER",
}


def test_joined_answers_are_split_where_the_passage_ends_them() -> None:
    assert split_answers("a bridge. It fell She built a bridge.", PASSAGE) == [
        "a bridge. It fell",
        "She built a bridge.",
    ]
    assert split_answers("Gent CANNOTANSWER Gent, in 1894.", PASSAGE) == ["Gent", "", "Gent, in 1894."]
    assert split_answers("nowhere in the passage", PASSAGE)[0] == "nowhere"


def test_follow_ups_have_an_answer_and_the_exchanges_before_them(tmp_path: Path) -> None:
    (tmp_path / QUAC).write_text(json.dumps(LINE), encoding="utf-8")
    answers = ("a bridge. It fell", "She built a bridge.")
    history = (("Where was she born?", "Gent"),)
    assert follow_ups(tmp_path, 5) == [FollowUp("What did she build?", PASSAGE, answers, history)]


def test_answers_and_rewritten_questions_are_counted() -> None:
    question = FollowUp("What did she build?", PASSAGE, ("a bridge",), (("Who?", "Ada"),))
    replies = [
        Reply({"answer": "bridge", "question_used": "What did Ada build?"}),
        Reply({"answer": "a river", "question_used": "What did she build?"}),
    ]
    figures = score_answers("with history", [question] * 2, Replies(replies, 1.0)).figures
    assert figures == {"exact match %": 50.0, "F1 %": 50.0, "written again %": 50.0}
    figures = score_answers("without history", [question], Replies([Reply({}, "503")], 1.0)).figures
    assert figures == {"exact match %": 0.0, "F1 %": 0.0, "written again %": None}
