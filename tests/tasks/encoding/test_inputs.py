"""Inputs of the encoder: cut, framed and checked."""

from pathlib import Path

import pytest
from transformers import AutoTokenizer

from service.errors import InputTooLong, InvalidOption, InvalidPrompt, UnknownToken
from service.tasks.encoding.inputs import InputMaker
from service.tasks.encoding.tokenizer import EncoderTokenizer
from service.tasks.encoding.truncation import Truncation
from tests.encoder.tiny_readers import tiny_reader
from tests.fakes.encoder import ScriptedEncoder
from tests.fakes.tokenizer import byte_library

LONG = "The lighthouse keeper is Ada Lund. " * 20


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_reader("bert", tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def maker(directory: Path) -> InputMaker:
    return InputMaker(ScriptedEncoder().client, EncoderTokenizer.load(directory))


async def test_long_texts_are_cut_as_transformers_cuts_them(directory: Path, maker: InputMaker) -> None:
    for truncation, side in ((Truncation.END, "right"), (Truncation.START, "left")):
        reference = AutoTokenizer.from_pretrained(directory, truncation_side=side)
        for limit in (64, 10):
            inputs = await maker.from_texts(["short", LONG], truncation, max_tokens=limit, param="input")
            wanted = reference(["short", LONG], truncation=True, max_length=limit)["input_ids"]
            assert [list(each.tokens) for each in inputs] == wanted


async def test_long_pairs_are_cut_as_transformers_cuts_them(directory: Path, maker: InputMaker) -> None:
    reference = AutoTokenizer.from_pretrained(directory)
    pairs = [("When?", LONG), (LONG, LONG), (LONG, "Ada"), ("When?", "Ada")]
    inputs = await maker.from_pairs(pairs, Truncation.END, param="documents")
    wanted = reference(*map(list, zip(*pairs, strict=True)), truncation="longest_first", max_length=64)
    assert [list(each.tokens) for each in inputs] == wanted["input_ids"]
    assert [list(each.types) for each in inputs] == wanted["token_type_ids"]


async def test_at_most_so_many_tokens_of_the_second_text_are_read(maker: InputMaker) -> None:
    (whole,) = await maker.from_pairs([("When?", "Ada Lund is here")], Truncation.NONE, param="documents")
    (cut,) = await maker.from_pairs(
        [("When?", "Ada Lund is here")], Truncation.NONE, most_of_second=3, param="documents"
    )
    assert cut.types.count(1) == 3 + 1
    assert cut.tokens[:-1] == whole.tokens[: len(cut.tokens) - 1]
    assert len(cut.tokens) < len(whole.tokens)


async def test_what_does_not_fit_is_refused_by_its_index(maker: InputMaker) -> None:
    with pytest.raises(InputTooLong, match="input 1 has") as caught:
        await maker.from_texts(["short", LONG], Truncation.NONE, param="input")
    assert (caught.value.param, caught.value.index, caught.value.limit) == ("input", 1, 64)
    with pytest.raises(InputTooLong):
        await maker.from_pairs([("When?", LONG)], Truncation.NONE, param="documents")
    with pytest.raises(InputTooLong):
        maker.from_tokens([[2, *[7] * 63, 3]], param="input")
    with pytest.raises(InvalidOption, match="no room"):
        await maker.from_texts(["short"], Truncation.END, max_tokens=2, param="input")


def test_rows_of_tokens_are_taken_as_they_are(maker: InputMaker) -> None:
    (row,) = maker.from_tokens([[2, 9, 9, 3]], param="input")
    assert (row.tokens, row.types) == ((2, 9, 9, 3), (0, 0, 0, 0))


@pytest.mark.parametrize("row", [[9, 9], [2, 9], [9, 3], [2], [3], [], [3, 2]])
def test_rows_of_another_tokenizer_are_refused(maker: InputMaker, row: list[int]) -> None:
    with pytest.raises(InvalidPrompt, match="check_embedding_ctx_length"):
        maker.from_tokens([row], param="input")


def test_tokens_outside_of_the_vocabulary_are_refused(maker: InputMaker) -> None:
    with pytest.raises(UnknownToken, match="vocabulary of 1000"):
        maker.from_tokens([[2, 1000, 3]], param="input")


async def test_an_input_without_tokens_is_refused() -> None:
    maker = InputMaker(ScriptedEncoder().client, EncoderTokenizer(byte_library()))
    with pytest.raises(InvalidPrompt, match="no tokens"):
        await maker.from_texts(["a", ""], Truncation.NONE, param="input")


def test_the_limit_is_the_lowest_one() -> None:
    for of_tokenizer, of_encoder, wanted in ((None, 64, 64), (32, 64, 32), (512, 64, 64)):
        client = ScriptedEncoder(max_tokens=of_encoder).client
        assert InputMaker(client, EncoderTokenizer(byte_library(), max_tokens=of_tokenizer)).max_tokens == wanted
