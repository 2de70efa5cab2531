"""The benchmark of tools: the same questions asked with the constraint and without, and a table."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.quality.client import QualityClient, Replies
from benchmarks.quality.scores import Score, make_table, percent, summary_line
from benchmarks.report.files import write_results
from benchmarks.report.tables import open_console
from benchmarks.serving.rounds import trivium_server
from benchmarks.tools.calls import are_right, is_valid
from benchmarks.tools.questions import ToolQuestion, ensure_questions, load_questions
from benchmarks.tools.ways import Way, ways
from service.settings import Settings
from service.store import open_store
from service.tasks.text.tokenizer import Tokenizer


def measure(
    model: str, data: Path | None, categories: Sequence[str], sample: int, in_flight: int, arguments: Sequence[str] = ()
) -> list[Score]:
    """Ask, print and write; return the scores. Our own server is started with ``arguments``."""
    console = open_console(120)
    directory = ensure_questions(data)
    asked = ways(Tokenizer.load(open_store(Settings()).ensure(model).path))
    scores = []
    with trivium_server(model, ["--strict-params", *arguments]) as server:
        client = QualityClient(server.url, in_flight)
        for category in categories:
            questions = load_questions(directory, category, sample)
            for name, way in asked.items():
                with console.status(f"{category}: {name}"):
                    replies = way.ask(client, questions)
                scores.append(score(category, name, way, questions, replies))
                console.print(summary_line(scores[-1]), style="dim")
    console.print(make_table(scores))
    for each in scores:
        for error in each.errors:
            console.print(f"{each.data}, {each.way}: {error}", style="red", markup=False)
    console.print(f"{model}; written to {write_results('tools', scores)}")
    return scores


def score(category: str, name: str, way: Way, questions: Sequence[ToolQuestion], replies: Replies) -> Score:
    """The score of one way on one category. A request that failed counts as wrong."""
    right, valid, items = [], [], []
    for question, reply in zip(questions, replies.replies, strict=True):
        calls = way.read(reply, question) if reply.body else []
        right.append(bool(reply.body) and are_right(calls, question))
        valid += [is_valid(call, question) for call in calls]
        items.append({"id": question.id, "calls": calls, "right": right[-1]})
    return Score(
        "tools",
        category,
        name,
        len(questions),
        replies.num_failed,
        replies.errors,
        replies.seconds / len(questions),
        {"right %": percent(right), "calls": float(len(valid)), "valid %": percent(valid)},
        items=items,
    )
