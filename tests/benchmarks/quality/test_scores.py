"""The table of scores."""

from benchmarks.quality.client import Replies, Reply
from benchmarks.quality.samples import TextPair
from benchmarks.quality.scores import make_table
from benchmarks.quality.translations import score_naive, score_service


def test_a_table_has_a_cell_for_each_column() -> None:
    pairs = [TextPair("One.", "Un.")]
    flagged = {"start": 0, "end": 4, "text": "Un.", "flags": ["length"]}
    naive = score_naive("x", "fr", pairs, Replies([Reply({}, "no")], 1.0))
    ours = score_service(
        "x", "service", "fr", pairs, Replies([Reply({"translations": [{"text": "Un.", "segments": [flagged]}]})], 1.0)
    )
    for scores in ([naive], [naive, ours]):
        table = make_table(scores)
        assert all(len(list(column.cells)) == len(scores) for column in table.columns)
        assert all(str(column.header) for column in table.columns)
    assert list(table.columns[-1].cells) == ["", "length 1"]
    assert [next(iter(column.cells)) for column in table.columns[3:5]] == ["-", "-"]
