"""The prompts of segments: chat and base models, the prefix, and the sampling options."""

import pytest

from service.tasks.generation.options import GREEDY, Options
from service.tasks.text.chat_template import ChatTemplate
from service.tasks.text.tokenizer import Tokenizer
from service.tasks.translation.prompting.example_sentences import SENTENCES
from tests.tasks.text.test_chat_template import CHATML
from tests.tasks.text.vocabularies import byte_level, tokenizer
from tests.tasks.translation.scripted_model import (
    CHAT,
    accented,
    always,
    order,
    prompt_for,
    scripted,
    start,
    translator,
)

NO_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}" + CHATML


async def test_the_prompt_shows_examples_of_the_pair() -> None:
    prompt = await prompt_for("en", "zh")
    request = "<|im_start|>user\nTranslate the following text from English to Chinese. Reply with the translation only."
    for english, chinese in zip(SENTENCES["en"], SENTENCES["zh"], strict=True):
        assert f"{request}\n\n{english}<|im_end|>\n<|im_start|>assistant\n{chinese}<|im_end|>" in prompt
    assert prompt.endswith(f"{request}\n\nGood morning!<|im_end|>\n<|im_start|>assistant\n")


async def test_without_a_source_language_only_the_target_is_named() -> None:
    prompt = await prompt_for(None, "Chinese", texts=("Hm",))
    assert "Translate the following text to Chinese" in prompt
    assert " from " not in prompt
    assert SENTENCES["zh"][0] in prompt


async def test_the_prefix_begins_the_answer() -> None:
    assert (await prompt_for("en", "zh", output_prefix=" 你好 ")).endswith("<|im_start|>assistant\n你好")


async def test_context_and_formality_are_in_the_instruction() -> None:
    prompt = await prompt_for("en", "de", context="A letter to the bank.", formality="more")
    assert "A letter to the bank." in prompt
    assert "formally (Sie)" in prompt


async def test_a_template_without_a_system_role_has_the_instruction_in_the_first_turn() -> None:
    kind = Tokenizer(byte_level(), chat_template=ChatTemplate(NO_SYSTEM, {}))
    prompt = await prompt_for("en", "zh", kind, context="A letter to the bank.")
    assert "system" not in prompt
    assert prompt.count("A letter to the bank.") == 1
    assert prompt.startswith("<|im_start|>user\nThe text stands in this context")


@pytest.mark.parametrize(("kind", "style"), [(tokenizer("byte_level"), "auto"), (CHAT, "base")])
async def test_the_prompt_of_a_base_model_is_a_document(kind: Tokenizer, style: str) -> None:
    prompt = await prompt_for("en", "zh", kind, style=style, output_prefix="早")
    assert "<|im_start|>" not in prompt
    assert f"English: {SENTENCES['en'][0]}\nChinese: {SENTENCES['zh'][0]}\n\n" in prompt
    assert prompt.endswith("English: Good morning!\nChinese: 早")


@pytest.mark.parametrize(("text", "expected"), [("Hello", "Bon"), ("Hello\nthere", "Bon\nBon")])
async def test_a_base_model_is_stopped_before_it_writes_an_example(text: str, expected: str) -> None:
    engine = always(" Bon\njour\nEnglish: Next")
    with await translator(engine, tokenizer("byte_level")).translate(order(text), options=GREEDY) as run:
        [translation] = await run.collect()
    assert translation.text == expected


async def test_the_length_of_a_translation_is_limited_by_its_source() -> None:
    engine = always("x")
    await start(engine, "Hi", "Hi " * 100)
    short, long = (request.params.max_tokens for request in engine.requests)
    assert short < 100 < 600 < long
    await start(engine, "Hi", options=Options(max_tokens=5))
    assert engine.requests[-1].params.max_tokens == 5


async def test_the_first_prompt_has_the_options_of_the_client() -> None:
    engine = always("x")
    await start(engine, "Hi")
    assert engine.requests[0].params.temperature == 0.0


async def test_alternatives_have_the_same_prompt_and_limits_at_a_higher_temperature() -> None:
    engine = scripted(accented)
    await start(engine, "Once.", alternatives=2, options=GREEDY.with_values(stop=("###",), seed=3))
    first, *others = engine.requests
    assert len(others) == 2
    assert {(each.prompt, each.params.max_tokens) for each in others} == {(first.prompt, first.params.max_tokens)}
    assert [each.params.temperature for each in engine.requests] == [0.0, 0.8, 0.8]
    assert others[0].params.seed == 3 != others[1].params.seed
