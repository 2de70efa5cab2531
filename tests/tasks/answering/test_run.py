"""A run of an answer: pieces of text, the whole answer, and its end."""

from collections.abc import AsyncGenerator

from service.tasks.answering.result import Answer
from service.tasks.answering.run import AnswerRun, AnswerSteps, ModelWork, PreparedAnswer
from service.tasks.generation.cost import Cost
from service.tasks.generation.usage import Timings, Usage

ANSWER = Answer.from_spans((), no_answer_probability=1.0, threshold=0.5)


class Work:
    """The models' part of an answer, which counts how often it is closed."""

    usage = Usage(3, 2, 0)
    timings = Timings(0.1, 0.2, 0.3)

    def __init__(self) -> None:
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


async def steps(*pieces: str) -> AsyncGenerator[str | Answer, None]:
    for piece in pieces:
        yield piece
    yield ANSWER


async def test_only_pieces_with_text_are_yielded_and_the_answer_is_kept() -> None:
    with AnswerRun(Work(), steps("At ", "", "six.")) as run:
        assert [piece async for piece in run] == ["At ", "six."]
        assert await run.collect() is ANSWER


async def test_an_answer_is_collected_without_iterating() -> None:
    assert await AnswerRun(Work(), steps("six")).collect() is ANSWER


async def test_leaving_the_block_closes_the_work() -> None:
    work = Work()
    with AnswerRun(work, steps("six")) as run:
        assert (run.usage, run.timings) == (work.usage, work.timings)
        assert work.closed == 0
    assert work.closed == 1


async def test_each_start_of_a_prepared_answer_is_a_new_run() -> None:
    def begin() -> tuple[ModelWork, AnswerSteps]:
        return Work(), steps("six")

    prepared = PreparedAnswer(Cost(1, 5), begin)
    assert [await (await prepared.start()).collect() for _ in range(2)] == [ANSWER, ANSWER]
