"""The tokenizers and chat templates of the catalogue's models."""

import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st

from model_store.types import LocalModel
from service.tasks.generation.few_shot import FewShot
from service.tasks.text.detokenizer import Detokenizer
from service.tasks.text.tokenizer import Tokenizer
from tests.tasks.text.test_detokenizer import NASTY

MODELS = ["smollm2", "default_model"]


@pytest.fixture(scope="module", params=MODELS)
def model(request: pytest.FixtureRequest) -> LocalModel:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def tokenizer(model: LocalModel) -> Tokenizer:
    return Tokenizer.load(model.path)


@pytest.fixture(scope="module")
def library(model: LocalModel) -> tokenizers.Tokenizer:
    return tokenizers.Tokenizer.from_file(str(model.path / "tokenizer.json"))


@given(text=NASTY, data=st.data())
def test_a_text_divided_anywhere_continues_without_a_seam(
    tokenizer: Tokenizer, library: tokenizers.Tokenizer, text: str, data: st.DataObject
) -> None:
    ids = tokenizer.encode(text)
    cut = data.draw(st.integers(0, len(ids)))
    begun, answer = Detokenizer(tokenizer), Detokenizer(tokenizer, ids[:cut])
    pieces = [*map(begun.feed, ids[:cut]), *map(answer.feed, ids[cut:]), answer.flush()]
    assert "".join(pieces) == library.decode(ids)


@given(data=st.data())
def test_any_tokens_add_up_to_the_whole_decode(
    tokenizer: Tokenizer, library: tokenizers.Tokenizer, data: st.DataObject
) -> None:
    ids = data.draw(st.lists(st.integers(0, tokenizer.vocab_size + 10)))
    text = Detokenizer(tokenizer)
    assert "".join(map(text.feed, ids)) + text.flush() == library.decode(ids)


def test_the_end_of_a_turn_ends_the_text(tokenizer: Tokenizer) -> None:
    [end] = tokenizer.encode("<|im_end|>", add_special_tokens=False)
    assert end in tokenizer.eos_token_ids
    assert tokenizer.decode([end]) == ""


async def test_a_conversation_in_two_languages(tokenizer: Tokenizer) -> None:
    messages = [{"role": "system", "content": "请简短回答。"}, {"role": "user", "content": "Hello, 世界!"}]
    text = tokenizer.render_chat(messages)
    assert "请简短回答。" in text
    assert text.endswith("Hello, 世界!<|im_end|>\n<|im_start|>assistant\n")
    assert tokenizer.decode(await tokenizer.encode_chat(messages), skip_special_tokens=False) == text


async def test_an_instruction_is_the_system_message(tokenizer: Tokenizer) -> None:
    prompt = FewShot(instruction="Be brief.", examples=(("a", "b"),), labels=("Given", "Wanted"))
    text = tokenizer.decode(await prompt.encode(tokenizer, "c", answer_prefix="d"), skip_special_tokens=False)
    turns = (
        "user\na<|im_end|>\n<|im_start|>assistant\nb<|im_end|>\n<|im_start|>user\nc<|im_end|>\n<|im_start|>assistant\nd"
    )
    assert text == f"<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>{turns}"
