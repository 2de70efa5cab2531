"""Answering: what the model is asked, in which language, and what is refused."""

import pytest

from service.engine.types import FinishReason
from service.tasks.answering import Answerer
from service.tasks.chat_template import ChatTemplate
from service.tasks.errors import InvalidPrompt, PromptTooLong
from service.tasks.generation import Generator, Options
from service.tasks.tokenizer import Tokenizer
from tests.tasks.engine import ScriptedClient, says
from tests.tasks.test_chat_template import CHATML
from tests.tasks.vocabularies import byte_level, tokenizer

CHAT = Tokenizer(byte_level(), eos_token_ids=[0], chat_template=ChatTemplate(CHATML, {}))


def reply(text: str, **limits: int) -> ScriptedClient:
    limits = {"max_model_len": 8192, "num_blocks": 512, **limits}
    return ScriptedClient(says([*CHAT.encode(text), 0], FinishReason.STOP), **limits)


async def asked(question: str, context: str | None = None, kind: Tokenizer = CHAT) -> str:
    client = reply("x")
    await Answerer(Generator(client, kind)).answer(question, context)
    return CHAT.decode(client.requests[0].prompt)


async def test_the_answer_is_trimmed_text() -> None:
    with await Answerer(Generator(reply(" In 2009.\n"), CHAT)).answer("When?", "It was in 2009.") as texts:
        [[choice]] = await texts.collect()
    assert (choice.text, choice.finish) == ("In 2009.", FinishReason.STOP)


async def test_the_context_comes_before_the_question() -> None:
    prompt = await asked("Who came?", " Ada came. ")
    assert prompt.endswith("user\nContext: Ada came.\n\nQuestion: Who came?<|im_end|>\n<|im_start|>assistant\n")
    assert "facts in the context" in prompt


async def test_without_context_the_question_stands_alone() -> None:
    for context in (None, "", " \n"):
        prompt = await asked("Who came?", context)
        assert prompt.endswith("user\nWho came?<|im_end|>\n<|im_start|>assistant\n")
        assert "Context" not in prompt


async def test_a_chinese_question_is_asked_in_chinese() -> None:
    assert "请准确" in await asked("什么是量子计算？")
    prompt = await asked("谁来了？", "Ada来了。")
    assert prompt.endswith("user\n上下文：Ada来了。\n\n问题：谁来了？<|im_end|>\n<|im_start|>assistant\n")
    assert "Question" not in prompt


@pytest.mark.parametrize("question", ["Python的GIL是什么？", "What的意思是什么", "DNA是什么"])
async def test_foreign_words_leave_a_question_chinese(question: str) -> None:
    assert "请准确" in await asked(question)


@pytest.mark.parametrize(
    "question", ["What does 你好 mean?", "量子計算とは何ですか？", "양자(量子)란?", "Was ist das?"]
)
async def test_chinese_words_make_no_question_chinese(question: str) -> None:
    assert "请准确" not in await asked(question)


async def test_a_base_model_gets_a_document_and_is_stopped() -> None:
    client = reply(" Ada.\nQuestion: Who else?")
    with await Answerer(Generator(client, tokenizer("byte_level"))).answer("Who came?", "Ada came.") as texts:
        [[choice]] = await texts.collect()
    prompt = CHAT.decode(client.requests[0].prompt)
    assert prompt.endswith("\n\nContext: Ada came.\n\nQuestion: Who came?\nAnswer:")
    assert choice.text == "Ada."


async def test_an_answer_is_short_and_greedy_unless_told_otherwise() -> None:
    client = reply("x")
    answerer = Answerer(Generator(client, CHAT))
    await answerer.answer("Who?")
    await answerer.answer("Who?", options=Options(max_tokens=7, temperature=0.5))
    first, second = (request.params for request in client.requests)
    assert (first.max_tokens, first.temperature) == (256, 0.0)
    assert (second.max_tokens, second.temperature) == (7, 0.5)


async def test_a_blank_question_is_refused() -> None:
    with pytest.raises(InvalidPrompt) as error:
        await Answerer(Generator(reply("x"), CHAT)).answer(" \n", "context")
    assert error.value.param == "question"


@pytest.mark.parametrize(
    ("question", "context", "param"), [("Who? " * 600, None, "question"), ("Who?", "It. " * 600, "context")]
)
async def test_what_cannot_fit_is_refused_by_name(question: str, context: str | None, param: str) -> None:
    with pytest.raises(PromptTooLong) as error:
        await Answerer(Generator(reply("x", max_model_len=512), CHAT)).answer(question, context)
    assert error.value.param == param
