"""The prompts of the answering task, as the model gets them."""

import pytest

from service.tasks.answering.prompts import extraction_prompt
from service.tasks.answering.query import Query
from tests.tasks.answering.scripted_model import CHAT, answer, extracts, generates, one


async def test_the_context_comes_before_the_question() -> None:
    engine = extracts({"Ada": 9})
    await answer(engine, Query(question="Who came?", documents=one("Ada came.")))
    prompt = CHAT.decode(engine.requests[0].prompt)
    assert prompt.endswith("user\nContext: Ada came.\n\nQuestion: Who came?<|im_end|>\n<|im_start|>assistant\n")


def test_in_chinese_every_turn_has_the_request_and_the_first_about_a_text_has_the_text() -> None:
    few_shot = extraction_prompt("谁来了？", "李娜来了。").few_shot
    asked = [turn["content"] for turn in few_shot.turns("") if turn["role"] == "user"]
    assert all(each.startswith("用上下文里的原文回答问题") for each in asked)
    assert ["上下文：" in each for each in asked[:-1]] == ([True] + 5 * [False]) * 2


async def test_the_prompt_has_the_language_of_the_question() -> None:
    engine = extracts({"Ada": 9})
    found = await answer(engine, Query(question="谁来了？", documents=one("Ada came.")))
    prompt = CHAT.decode(engine.requests[0].prompt)
    assert prompt.endswith("\n\n上下文：Ada came.\n\n问题：谁来了？<|im_end|>\n<|im_start|>assistant\n")
    assert "Question" not in prompt
    assert found.text == "Ada"
    engine = extracts({"晚上六点": 9})
    found = await answer(engine, Query(question="When does it close?", documents=one("咖啡馆晚上六点关门。")))
    assert "问题" not in CHAT.decode(engine.requests[0].prompt)
    assert (found.text, found.spans[0].start) == ("晚上六点", 3)


@pytest.mark.parametrize("question", ["Python的GIL是什么？", "What的意思是什么", "DNA是什么", "什么是量子计算？"])
async def test_a_chinese_question_with_latin_words_is_chinese(question: str) -> None:
    engine = generates("x")
    await answer(engine, Query(question=question))
    assert "请准确" in CHAT.decode(engine.requests[0].prompt)


@pytest.mark.parametrize(
    "question", ["What does 你好 mean?", "量子計算とは何ですか？", "양자(量子)란?", "Was ist das?"]
)
async def test_a_question_in_another_language_with_chinese_words_is_not_chinese(question: str) -> None:
    engine = generates("x")
    await answer(engine, Query(question=question))
    assert "请准确" not in CHAT.decode(engine.requests[0].prompt)
