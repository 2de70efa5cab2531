"""Few-shot prompts for chat models and for base models."""

from dataclasses import replace

import pytest

from service.tasks.generation.few_shot import FewShot
from service.tasks.text.chat_template import ChatTemplate
from service.tasks.text.tokenizer import Tokenizer
from tests.fakes.tokenizer import byte_tokenizer
from tests.tasks.text.test_chat_template import CHATML
from tests.tasks.text.vocabularies import byte_level, tokenizer

PROMPT = FewShot(instruction="Be brief.", examples=(("a", "b"), ("c", "d")), labels=("Given", "Wanted"))
CHAT = Tokenizer(byte_level(), eos_token_ids=[0], chat_template=ChatTemplate(CHATML, {}))
BASE = tokenizer("byte_level")
DOCUMENT = "Be brief.\n\nGiven: a\nWanted: b\n\nGiven: c\nWanted: d\n\nGiven: e\nWanted:"


async def text_of(prompt: FewShot, kind: Tokenizer, **options: str) -> str:
    return kind.decode(await prompt.encode(kind, "e", **options), skip_special_tokens=False)


async def test_a_chat_model_gets_turns_after_a_system_message() -> None:
    text = await text_of(PROMPT, CHAT)
    turns = [
        ("system", "Be brief."),
        ("user", "a"),
        ("assistant", "b"),
        ("user", "c"),
        ("assistant", "d"),
        ("user", "e"),
    ]
    expected = "".join(f"<|im_start|>{role}\n{content}<|im_end|>\n" for role, content in turns)
    assert text == f"{expected}<|im_start|>assistant\n"


REFUSES_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}" + CHATML
IGNORES_SYSTEM = CHATML.replace("for message in messages", "for message in messages if message.role != 'system'")


@pytest.mark.parametrize("template", [REFUSES_SYSTEM, IGNORES_SYSTEM])
async def test_without_a_system_role_the_instruction_begins_the_first_turn(template: str) -> None:
    kind = Tokenizer(byte_level(), eos_token_ids=[0], chat_template=ChatTemplate(template, {}))
    text = await text_of(PROMPT, kind)
    assert text.startswith("<|im_start|>user\nBe brief.\n\na<|im_end|>")
    assert text.count("Be brief.") == 1


async def test_a_request_begins_every_turn_of_a_chat_and_the_document_once() -> None:
    prompt = FewShot(instruction="", examples=(("a", "b"),), labels=("Given", "Wanted"), request="Answer this.")
    text = await text_of(prompt, CHAT)
    assert text.startswith("<|im_start|>user\nAnswer this.\n\na<|im_end|>")
    assert text.endswith("<|im_start|>user\nAnswer this.\n\ne<|im_end|>\n<|im_start|>assistant\n")
    assert await text_of(prompt, BASE) == "Answer this.\n\nGiven: a\nWanted: b\n\nGiven: e\nWanted:"
    assert (await text_of(replace(prompt, instruction="Be brief."), BASE)).startswith("Answer this. Be brief.\n\nGiven")


async def test_a_base_model_gets_a_document_that_ends_where_the_answer_begins() -> None:
    assert await text_of(PROMPT, BASE) == DOCUMENT
    assert await text_of(PROMPT, CHAT, style="base") == DOCUMENT


async def test_inputs_with_labels_of_their_own_get_none() -> None:
    prompt = FewShot(instruction="Be brief.", examples=(("Q: a", "b"),), labels=("", "A"))
    assert await text_of(prompt, BASE) == "Be brief.\n\nQ: a\nA: b\n\ne\nA:"


async def test_the_answer_may_have_a_beginning() -> None:
    assert await text_of(PROMPT, BASE, answer_prefix="f") == f"{DOCUMENT} f"
    assert (await text_of(PROMPT, CHAT, answer_prefix="f")).endswith("<|im_start|>assistant\nf")


def test_stop_strings_end_the_answer_of_a_base_model() -> None:
    assert PROMPT.stop(BASE) == ("\n",)
    assert PROMPT.stop(BASE, several_lines=True) == ("\nGiven:",)
    assert PROMPT.stop(byte_tokenizer()) == ()
    assert PROMPT.stop(byte_tokenizer(), style="base") == ("\n",)
