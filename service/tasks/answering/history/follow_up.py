"""Answers to follow-up questions: the question is written again first, and then answered like any other."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from service.errors import InvalidOption, InvalidPrompt, PromptTooLong
from service.tasks.answering.history.rewriter import ADDED_TOKENS, Rewriter
from service.tasks.answering.query import Exchange
from service.tasks.answering.result import Answer
from service.tasks.answering.run import AnswerSteps, ModelWork, PreparedAnswer
from service.tasks.generation.completion_sequence import CompletionSequence
from service.tasks.generation.cost import Cost
from service.tasks.generation.options import Options
from service.tasks.generation.usage import Timings, Usage
from service.traces.span import traced

_ADDED = 2 * ADDED_TOKENS  # tokens of a prompt for the longer question, which may stand in it twice

# Prepares the answer to a question.
PrepareQuestion = Callable[[str], Awaitable[PreparedAnswer]]


class FollowUpWork:
    """The models' parts of an answer, one after another. Implements ``ModelWork``."""

    def __init__(self, first: ModelWork) -> None:
        self._works = [first]

    def add(self, work: ModelWork) -> None:
        """The next part."""
        self._works.append(work)

    @property
    def usage(self) -> Usage:
        """The tokens used so far."""
        usages = [work.usage for work in self._works]
        return Usage(
            sum(usage.prompt_tokens for usage in usages),
            sum(usage.completion_tokens for usage in usages),
            sum(usage.cached_tokens for usage in usages),
        )

    @property
    def timings(self) -> Timings:
        """The seconds so far. The queue time and the first token are those of the first part."""
        timings = [work.timings for work in self._works]
        return replace(timings[0], total_seconds=sum(each.total_seconds for each in timings))

    def close(self) -> None:
        """Abort what is unfinished. Idempotent."""
        for work in self._works:
            work.close()


async def prepare_follow_up(
    rewriter: Rewriter,
    question: str,
    history: Sequence[Exchange],
    options: Options,
    request_id: str,
    *,
    window_tokens: int,
    prepare: PrepareQuestion,
) -> PreparedAnswer:
    """Prepare the answer to a question that continues a conversation.

    The question as it is must fit too: it is answered if the rewritten one is refused, or would cost more than was
    counted. ``window_tokens`` are the most of a window, since another question may choose other windows.

    Raises PromptTooLong ("history") and what ``prepare`` raises.
    """
    asked = await prepare(question)
    if not asked.cost.sequences:  # no model is needed
        return replace(asked, begin=lambda: _said(asked, question))
    rewriting = await rewriter.prepare(question, history, options)
    first = Cost.from_requests([rewriting.request])
    most = asked.cost.tokens + asked.cost.sequences * (_ADDED + window_tokens)
    cost = Cost(asked.cost.sequences, max(first.tokens, most))

    def begin() -> tuple[FollowUpWork, AnswerSteps]:
        sequence = CompletionSequence(rewriter.generator, f"{request_id}-history")
        work = FollowUpWork(sequence)
        return work, steps(sequence, work)

    async def steps(sequence: CompletionSequence, work: FollowUpWork) -> AnswerSteps:
        with traced("rewriting"):
            rewritten = await rewriter.rewrite(rewriting, sequence)
        used, prepared = await _fitting(rewritten, prepare, cost) or (question, asked)
        answering, found = _said(prepared, used)
        work.add(answering)
        async for step in found:
            yield step

    return PreparedAnswer(cost, begin)


async def _fitting(question: str, prepare: PrepareQuestion, most: Cost) -> tuple[str, PreparedAnswer] | None:
    """The question with its prepared answer, unless it costs more than ``most``."""
    try:
        prepared = await prepare(question)
    except (InvalidOption, InvalidPrompt, PromptTooLong):
        return None
    fits = prepared.cost.sequences <= most.sequences and prepared.cost.tokens <= most.tokens
    return (question, prepared) if fits else None


def _said(prepared: PreparedAnswer, question: str) -> tuple[ModelWork, AnswerSteps]:
    """The work and the steps of an answer that says which question it answers."""
    work, steps = prepared.begin()

    async def answered() -> AnswerSteps:
        async for step in steps:
            yield replace(step, question_used=question) if isinstance(step, Answer) else step

    return work, answered()
