"""Texts to tokens: what transformers' tokenizer gives, except that no text ever becomes a special token."""

import json
from pathlib import Path

import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from service.errors import InvalidPrompt, UnsupportedModel
from service.tasks.encoding.tokenizer import EncoderTokenizer
from tests.encoder.tiny_readers import tiny_reader
from tests.fakes.tokenizer import byte_library

TEXTS = ["", "The café opens at eight.", "枫叶咖啡馆 \n\t 🙂", "a" * 300, "When?"]
SPELLINGS = ("[CLS]", "[SEP]", "[PAD]", "<s>", "</s>", "<pad>")


@pytest.fixture(scope="module", params=["bert", "roberta", "xlm-roberta"])
def directory(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_reader(request.param, tmp_path_factory.mktemp("tiny") / request.param)


@pytest.fixture(scope="module")
def tokenizer(directory: Path) -> EncoderTokenizer:
    return EncoderTokenizer.load(directory)


@pytest.fixture(scope="module")
def special(directory: Path) -> set[int]:
    """The ids of the special tokens that texts may spell."""
    library = tokenizers.Tokenizer.from_file(str(directory / "tokenizer.json"))
    return {id for spelling in SPELLINGS if (id := library.token_to_id(spelling)) is not None}


async def test_inputs_are_those_of_transformers(directory: Path, tokenizer: EncoderTokenizer) -> None:
    reference = AutoTokenizer.from_pretrained(directory)
    for text, tokens in zip(TEXTS, await tokenizer.tokens(TEXTS), strict=True):
        assert list(tokenizer.single.around(tokens).tokens) == reference(text)["input_ids"]
    query, *documents = await tokenizer.tokens(["When?", *TEXTS])
    pairs = [tokenizer.pair.around(query, tokens) for tokens in documents]
    wanted = reference(["When?"] * len(TEXTS), TEXTS)
    assert [list(pair.tokens) for pair in pairs] == wanted["input_ids"]
    if "token_type_ids" in wanted:
        assert [list(pair.types) for pair in pairs] == wanted["token_type_ids"]


@pytest.mark.parametrize("text", ["Где кафе?", "Какая команда в комнате?", "สถานีรถไฟอยู่ที่ไหน"])
def test_a_text_is_read_unless_much_of_it_is_unknown(directory: Path, tokenizer: EncoderTokenizer, text: str) -> None:
    has_bytes = directory.name == "roberta"  # which stand for all scripts
    assert tokenizer.can_read(text) == has_bytes
    assert all(tokenizer.can_read(known) for known in ("", "When?", "枫叶咖啡馆", f"{TEXTS[1]} {text[:3]}"))


async def test_many_texts_get_the_tokens_of_each_alone(tokenizer: EncoderTokenizer) -> None:
    texts = [f"{text} {n}" for text in TEXTS for n in range(40)]
    assert sum(map(len, texts)) > 4096  # so that they are tokenized in a thread
    assert await tokenizer.tokens(texts) == [tokenizer.tokens_in_this_thread([text])[0] for text in texts]


@given(st.lists(st.one_of(st.sampled_from(SPELLINGS), st.text(max_size=5)), max_size=8).map("".join))
def test_no_text_becomes_a_special_token(tokenizer: EncoderTokenizer, special: set[int], text: str) -> None:
    (ids,) = tokenizer.tokens_in_this_thread([text])
    assert special.isdisjoint(ids)
    found = tokenizer.tokens_with_offsets(text)
    assert found.ids == ids
    assert len(found.offsets) == len(ids)


def test_spellings_of_special_tokens_are_known(tokenizer: EncoderTokenizer) -> None:
    assert tokenizer.spells_special_token("[SEP] </s>")
    assert not tokenizer.spells_special_token("query: ")


async def test_half_a_surrogate_pair_is_no_text(tokenizer: EncoderTokenizer) -> None:
    with pytest.raises(InvalidPrompt):
        await tokenizer.tokens(["a", "\ud800"])
    with pytest.raises(InvalidPrompt):
        tokenizer.tokens_with_offsets("\ud800")


def test_the_limit_and_the_lower_case_are_those_of_the_files(tmp_path: Path) -> None:
    tiny_reader("roberta", tmp_path)
    assert EncoderTokenizer.load(tmp_path).max_tokens is None
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"model_max_length": 77}))
    assert EncoderTokenizer.load(tmp_path).max_tokens == 77
    upper, lower = EncoderTokenizer.load(tmp_path).tokens_in_this_thread(["WHEN?", "when?"])
    assert upper != lower
    (tmp_path / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 33, "do_lower_case": True}))
    tokenizer = EncoderTokenizer.load(tmp_path)
    assert tokenizer.max_tokens == 33
    assert tokenizer.tokens_in_this_thread(["WHEN?"]) == [lower]


def test_a_tokenizer_of_a_general_class_has_types_only_if_told_to(tmp_path: Path) -> None:
    tiny_reader("bert", tmp_path)
    for config, types in (
        ({"tokenizer_class": "BertTokenizer"}, (0, 1)),
        ({"tokenizer_class": "PreTrainedTokenizerFast"}, (0, 0)),
        ({"tokenizer_class": "PreTrainedTokenizerFast", "model_input_names": ["input_ids", "token_type_ids"]}, (0, 1)),
    ):
        (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
        assert EncoderTokenizer.load(tmp_path).pair.types == types


def test_a_tokenizer_without_a_template_has_empty_frames_for_one_text_and_for_pairs() -> None:
    tokenizer = EncoderTokenizer(byte_library())
    assert (len(tokenizer.single), len(tokenizer.pair)) == (0, 0)
    assert tokenizer.pair.around([1], [2, 3]).tokens == (1, 2, 3)


def test_a_tokenizer_without_tokens_for_letters_is_refused() -> None:
    library = tokenizers.Tokenizer(tokenizers.models.BPE())
    with pytest.raises(UnsupportedModel):
        _ = EncoderTokenizer(library).single
