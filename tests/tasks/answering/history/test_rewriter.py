"""Which rewritten questions count, and what the model is asked for."""

import pytest

from service.tasks.answering.history.rewriter import Rewriter, Rewriting
from service.tasks.answering.query import Exchange
from service.tasks.generation.generator import Generator
from service.tasks.generation.options import GREEDY
from tests.tasks.answering.scripted_model import CHAT, generates

BRIDGE = (Exchange("Who designed the bridge near Arlen?", "The engineer Henrik Dahl"),)
CRANE = (Exchange("谁设计了港口的起重机？", "工程师王磊"),)


async def prepare(question: str, history: tuple[Exchange, ...]) -> Rewriting:
    return await Rewriter(Generator(generates("x").client, CHAT)).prepare(question, history, GREEDY)


@pytest.mark.parametrize(
    ("question", "kept"),
    [
        ("When did he die?", "When did"),
        ("It was built when?", ""),
        ("Where was Henrik Dahl born?", ""),
        ("Why?", ""),
        ("那时他多大？", "那时"),
        ("其他人呢？", ""),
    ],
)
async def test_the_model_continues_a_question_before_its_first_reference(question: str, kept: str) -> None:
    rewriting = await prepare(question, BRIDGE)
    assert rewriting.kept == kept
    assert CHAT.decode(rewriting.request.prompt, skip_special_tokens=False).endswith(f"assistant\n{kept}")


async def test_the_model_may_write_no_word_that_stands_for_another() -> None:
    forbidden = (await prepare("When did he die?", BRIDGE)).request.params.forbidden
    assert forbidden is not None
    assert tuple(CHAT.encode(" he", add_special_tokens=False)) in forbidden.sequences
    assert (await prepare("When did Dahl die?", BRIDGE)).request.params.forbidden is None


@pytest.mark.parametrize(
    ("question", "history", "written", "used"),
    [
        ("When did he die?", BRIDGE, " Henrik Dahl die?", "When did Henrik Dahl die?"),
        ("Why?", BRIDGE, "Why did Henrik Dahl design the bridge?", "Why did Henrik Dahl design the bridge?"),
        ("他多大？", CRANE, "王磊多大？", "王磊多大？"),
        ("什么时候？", CRANE, "王磊什么时候设计了起重机？", "王磊什么时候设计了起重机？"),
        # Words of the question are lost, words are new, or there are none.
        ("When did he die?", BRIDGE, " Henrik Dahl live?", "When did he die?"),
        ("When did he die?", BRIDGE, " Marta die?", "When did he die?"),
        ("When did he die?", BRIDGE, " \n", "When did he die?"),
        ("他多大？", CRANE, "李娜多大？", "他多大？"),
        ("他多大？", CRANE, "王磊是谁？", "他多大？"),
    ],
)
async def test_a_rewritten_question_counts_if_it_is_the_same_question_in_words_of_the_history(
    question: str, history: tuple[Exchange, ...], written: str, used: str
) -> None:
    assert (await prepare(question, history)).accept(written) == used
