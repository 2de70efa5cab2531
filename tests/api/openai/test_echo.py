"""Echoed prompts: where each token begins in the text that is returned."""

import pytest
import tokenizers
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors

from model_store.types import LocalModel
from service.api.openai.echo import Echo, echo_of
from service.tasks.text.tokenizer import Tokenizer
from tests.fakes.tokenizer import EOS, byte_tokenizer

FAMILY = "Hello wörld 👩‍👩‍👧 end."


async def echoed(prompt: str | list[int], tokenizer: Tokenizer, *, special: bool = True, skip: bool = True) -> Echo:
    tokens = tokenizer.encode(prompt, add_special_tokens=special) if isinstance(prompt, str) else prompt
    echo = await echo_of(prompt, tokens, tokenizer, add_special_tokens=special, skip_special_tokens=skip)
    assert len(echo.offsets) == len(tokens)
    return echo


@pytest.mark.parametrize("as_ids", [False, True])
async def test_offsets_index_the_text_of_the_catalogues_model(smollm2: LocalModel, as_ids: bool) -> None:
    tokenizer = Tokenizer.load(smollm2.path)
    tokens = tokenizer.encode(FAMILY)
    echo = await echoed(tokens if as_ids else FAMILY, tokenizer)
    assert echo.text == FAMILY
    texts = [tokenizer.token_text(token) for token in tokens]
    assert echo.offsets[texts.index(" end")] == 17 == FAMILY.index(" end")
    for text, offset in zip(texts, echo.offsets, strict=True):
        assert "\ufffd" in text or FAMILY.startswith(text, offset)


@pytest.mark.parametrize("as_ids", [False, True])
async def test_parts_of_a_character_begin_where_it_does(as_ids: bool) -> None:
    tokenizer = byte_tokenizer()
    echo = await echoed(tokenizer.encode("aö你b") if as_ids else "aö你b", tokenizer)
    assert echo == ("aö你b", [0, 1, 1, 2, 2, 2, 3])


async def test_special_tokens_that_are_added_are_not_in_the_text() -> None:
    library = tokenizers.Tokenizer(models.WordLevel({"<s>": 0, "</s>": 1, "a": 2, "b": 3}, "a"))
    library.pre_tokenizer = pre_tokenizers.Whitespace()
    library.post_processor = processors.TemplateProcessing("<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)])
    library.add_special_tokens(["<s>", "</s>"])
    tokenizer = Tokenizer(library)
    assert (await echoed("a b", tokenizer)).offsets == [0, 0, 1, 3]
    assert (await echoed("a b", tokenizer, special=False)).offsets == [0, 1]
    assert (await echoed("<s> b", tokenizer, special=False)).offsets == [0, 3]  # spelled by the client


async def test_a_normalized_text_is_echoed_as_it_was_sent() -> None:
    library = tokenizers.Tokenizer(models.WordLevel({"\xe9": 0, "b": 1}, "b"))
    library.normalizer = normalizers.NFC()
    library.pre_tokenizer = pre_tokenizers.Split(tokenizers.Regex("."), "isolated")
    library.decoder = decoders.Fuse()
    assert await echoed("e\u0301b", Tokenizer(library)) == ("e\u0301b", [0, 2])


@pytest.mark.parametrize(("skip", "text", "offsets"), [(True, "ab", [0, 1, 1]), (False, "a<|end|>b", [0, 1, 8])])
async def test_special_tokens_among_ids(skip: bool, text: str, offsets: list[int]) -> None:
    tokenizer = byte_tokenizer()
    ids = [*tokenizer.encode("a"), EOS, *tokenizer.encode("b")]
    assert await echoed(ids, tokenizer, skip=skip) == (text, offsets)
