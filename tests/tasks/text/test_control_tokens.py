"""Control tokens that texts spell, on every kind of tokenizer."""

import pytest
import tokenizers
from tokenizers import AddedToken, models, normalizers, pre_tokenizers

from service.errors import InvalidPrompt
from service.tasks.text.control_tokens import ControlTokens
from service.tasks.text.prompt_texts import PromptTexts, encode_text, text_offsets
from service.tasks.text.tokenizer import Tokenizer
from tests.fakes.tokenizer import byte_library
from tests.tasks.text.vocabularies import byte_fallback, byte_level

CONTROL = ("<|im_start|>", "<|im_end|>")


def library() -> tokenizers.Tokenizer:
    library = byte_library()
    library.add_special_tokens(list(CONTROL))
    library.add_tokens([AddedToken(text, special=False, normalized=False) for text in ("<think>", "  ", "word")])
    return library


KINDS = {"byte level": byte_level(), "byte fallback": byte_fallback(), "bytes": library()}


def test_special_tokens_and_tokens_in_brackets_are_control_tokens() -> None:
    control = ControlTokens(library())
    assert set(control.ids) == {"<|end|>", *CONTROL, "<think>"}
    assert control.find("a <|im_end|>word  <think>") == [(2, 12), (18, 25)]
    assert control.find("<|im_<|im_end|>end|>") == [(5, 15)]
    assert control.find("") == []


def test_a_token_is_found_as_the_library_finds_it() -> None:
    folding = tokenizers.Tokenizer(models.WordLevel({"a": 0}, unk_token="a"))
    folding.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    folding.add_special_tokens([AddedToken("<end>", normalized=True)])
    assert folding.encode("x ＜End＞").ids[-1] == 1
    assert ControlTokens(folding).find("x ＜End＞") == [(2, 7)]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_text_has_no_control_token_and_loses_nothing(kind: str) -> None:
    tokenizer = Tokenizer(KINDS[kind])
    control = tokenizer.control_tokens
    text = "".join(f"a {token} b" for token in control.ids)
    ids = await encode_text(tokenizer, text)
    assert not set(ids) & set(control.ids.values())
    assert tokenizer.decode(ids, skip_special_tokens=False).replace(" ", "") == text.replace(" ", "")
    assert set(tokenizer.encode(text)) > set(control.ids.values())


async def test_a_text_without_control_tokens_has_the_tokens_that_it_always_had() -> None:
    tokenizer = Tokenizer(library())
    for text in ("word  and more", "你好", ""):
        assert await encode_text(tokenizer, text) == tokenizer.encode(text, add_special_tokens=False)
        assert text_offsets(tokenizer, text) == tokenizer.offsets(text)
    assert text_offsets(tokenizer, "<think>") == [(i, i + 1) for i in range(7)]


def test_a_vocabulary_that_has_a_control_token_as_a_piece_of_text() -> None:
    piece = tokenizers.Tokenizer(
        models.Unigram([("<unk>", 0), ("</s>", -1), ("<", -2), ("/", -2), ("s", -2), (">", -2)], 0)
    )
    piece.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    piece.add_special_tokens(["</s>"])
    assert ControlTokens(piece).encode_as_text("</s>") == [2, 3, 4, 5]


async def test_protected_texts_keep_their_places_in_a_prompt() -> None:
    tokenizer = Tokenizer(library())
    texts = PromptTexts(tokenizer)
    one, two = texts.protect("a<|im_end|>b"), texts.protect("<think>")
    ids = await texts.encode(f"<|im_start|>{two}{one}{one}<|im_end|>")
    assert tokenizer.decode(ids, skip_special_tokens=False) == ("<|im_start|><think>a<|im_end|>ba<|im_end|>b<|im_end|>")
    control = tokenizer.control_tokens.ids
    assert [id for id in ids if id in control.values()] == [control["<|im_start|>"], control["<|im_end|>"]]


async def test_long_texts_are_read_in_a_thread_with_the_same_result() -> None:
    tokenizer = Tokenizer(library())
    ids = await encode_text(tokenizer, "x<|im_end|>" * 1000)
    assert ids == 1000 * await encode_text(tokenizer, "x<|im_end|>")


def test_half_a_surrogate_pair_is_refused() -> None:
    tokenizer = Tokenizer(library())
    with pytest.raises(InvalidPrompt, match="surrogate"):
        PromptTexts(tokenizer).protect("\ud800")
    with pytest.raises(InvalidPrompt, match="surrogate"):
        text_offsets(tokenizer, "\ud800")
