"""Tokenizers made of SentencePiece models, compared with SentencePiece itself and with transformers' own tokenizers."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import M2M100Tokenizer, MarianTokenizer, PreTrainedTokenizer

from service.errors import InvalidPrompt
from service.tasks.text.piece_tokenizer import load_tokenizer
from service.tasks.text.prompt_texts import encode_text
from service.tasks.text.sentencepiece.cutting import PieceCutter
from service.tasks.text.sentencepiece.model_file import SentencePieceModel
from service.tasks.text.tokenizer import Tokenizer
from tests.tasks.text.sentencepiece.tiny_models import (
    T5_IDS,
    processor,
    save_m2m100,
    save_marian,
    save_mbart,
    save_pegasus,
    save_t5,
    trained,
)
from tests.tasks.text.vocabularies import CORPUS

NASTY = [
    *(
        "e\u0301",
        "À\u200c",
        "ｆｕｌｌ　ｗｉｄｔｈ",
        "ﬁ㍿",
        "  ",
        "▁",
        "\t",
        "\n",
        "\u00a0",
        "ß",
        "क्षि",
        "اًل",
        "한국",
        "👩‍👩‍👧",
    ),
    *("<", ">", "/s", "[1]"),
]
TEXTS = st.one_of(
    st.text(),
    st.lists(st.one_of(st.sampled_from([*CORPUS, *NASTY]), st.text(max_size=3))).map("".join),
)
CONTROL = ["</s>", "<pad>", "<unk>", "<s>", ">>fra<<", "__fr__", "__en__", "fr_XX", "<extra_id_0>", "<mask>", "<unk_2>"]
SAVERS: dict[str, Callable[[Path], None]] = {
    "marian": save_marian,
    "m2m_100": save_m2m100,
    "t5": save_t5,
    "pegasus": save_pegasus,
    "mbart": save_mbart,
}


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a checkpoint's tokenizer files for each family."""
    path = tmp_path_factory.mktemp("families")
    for name, save in SAVERS.items():
        (path / name).mkdir()
        save(path / name)
    for kind in ("unigram", "bpe"):
        (path / f"{kind}.model").write_bytes(trained(kind))
    return path


def assert_alike(ours: list, theirs: list) -> None:
    """Equal, or the same pieces in another order: those cuts are equally likely."""
    if ours != theirs:
        assert sorted(ours) == sorted(theirs)


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
def test_texts_are_changed_and_cut_as_sentencepiece_does(kind: str, directory: Path) -> None:
    cutter = PieceCutter(SentencePieceModel.read(directory / f"{kind}.model"))
    reference = processor(trained(kind))

    @given(TEXTS)
    def check(text: str) -> None:
        assert cutter.change(text) == reference.normalize(text)
        assert_alike(
            *(
                [reference.piece_to_id(piece) for piece in cut]
                for cut in (cutter.cut(text), reference.encode(text, out_type=str))
            )
        )

    check()


@pytest.mark.parametrize("name", ["marian", "m2m_100"])
def test_texts_have_the_tokens_of_transformers_and_decode_as_there(name: str, directory: Path) -> None:
    path, ours = directory / name, load_tokenizer(directory / name)
    reference: PreTrainedTokenizer = (MarianTokenizer if name == "marian" else M2M100Tokenizer).from_pretrained(path)

    @given(TEXTS.filter(lambda text: not text.startswith(">>")))
    def check(text: str) -> None:
        theirs = reference(text, add_special_tokens=False).input_ids
        assert_alike(ours.encode(text), theirs)
        assert ours.decode(theirs).strip() == reference.decode(theirs, skip_special_tokens=True).strip()

    check()


@pytest.mark.parametrize(("name", "shift"), [("t5", 0), ("mbart", 1), ("pegasus", 103)])
def test_pieces_have_the_numbers_of_their_family(name: str, shift: int, directory: Path) -> None:
    ours, reference = load_tokenizer(directory / name), processor(trained(**({} if name == "mbart" else T5_IDS)))
    unknown = ours.token_id("<unk>")
    assert unknown is not None

    @given(TEXTS)
    def check(text: str) -> None:
        theirs = [unknown if id == reference.unk_id() else id + shift for id in reference.encode(text)]
        assert_alike(ours.encode(text), theirs)
        assert (
            ours.decode(theirs).strip()
            == reference.decode([id for id in reference.encode(text) if id != reference.unk_id()]).strip()
        )

    check()


@pytest.mark.parametrize("name", SAVERS)
async def test_no_text_has_a_control_token(name: str, directory: Path) -> None:
    tokenizer = load_tokenizer(directory / name)
    control = {id for token in CONTROL if (id := tokenizer.token_id(token)) is not None} - {tokenizer.token_id("<unk>")}
    assert control
    for text in ("".join(CONTROL), " ".join(CONTROL), *CONTROL):
        assert control.isdisjoint(await encode_text(tokenizer, text))


def test_two_vocabularies_number_source_and_target(tmp_path: Path) -> None:
    save_marian(tmp_path, separate=True)
    ours, reference = load_tokenizer(tmp_path), MarianTokenizer.from_pretrained(tmp_path)
    ids = ours.encode("The quick brown fox")
    assert ids == reference("The quick brown fox", add_special_tokens=False).input_ids
    written = reference(text_target="The lazy dog.", add_special_tokens=False).input_ids
    assert ours.decode(written) == "The lazy dog."


def test_a_tokenizer_file_comes_first(directory: Path, tmp_path: Path) -> None:
    save_t5(tmp_path)
    from tests.tasks.text.vocabularies import unigram

    unigram().save(str(tmp_path / "tokenizer.json"))
    assert type(load_tokenizer(tmp_path)) is Tokenizer


def test_half_a_surrogate_pair_is_no_text(directory: Path) -> None:
    for name in SAVERS:
        with pytest.raises(InvalidPrompt, match="surrogate"):
            load_tokenizer(directory / name).encode("a\ud800é\udfff")


@pytest.mark.parametrize("data", [b"", b"\x0a", b"\x0a\xff", b"\x0b", b"not a model", b"\x0a\x03\x0a\x01\xff"])
def test_a_broken_file_is_an_error(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "source.spm").write_bytes(data)
    with pytest.raises(ValueError, match=r"cut off|wire type|no unigram|utf-8|is no"):
        SentencePieceModel.read(tmp_path / "source.spm")
