"""Sources and beginnings of outputs, compared with those of transformers' tokenizers."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from transformers import (
    M2M100Tokenizer,
    MarianTokenizer,
    MBart50Tokenizer,
    MBartTokenizer,
    NllbTokenizer,
    T5Tokenizer,
)

from service.tasks.encoder_decoder.generation_defaults import GenerationDefaults
from service.tasks.encoder_decoder.language_pairs import LanguagePairs, find_language_pairs
from service.tasks.encoder_decoder.source_frame import TranslationFrames, text_frame
from service.tasks.text.languages import find_language
from service.tasks.text.piece_tokenizer import load_tokenizer
from service.tasks.text.prompt_texts import encode_text
from service.tasks.text.tokenizer import Tokenizer
from tests.tasks.text.sentencepiece.tiny_models import T5_IDS, save_m2m100, save_marian, trained

ENGLISH, FRENCH, GERMAN = map(find_language, ("en", "fr", "de"))
TEXTS = ["The quick brown fox.", "人工智能 [1] Größe", " </s> <2fr> ", "a __fr__ >>fra<< fra_Latn b"]
PLAIN = TEXTS[:2]
PREFIXES = {"translation_en_to_fr": {"prefix": "translate English to French: "}}


def configure(path: Path, **config: Any) -> None:
    content = {"is_encoder_decoder": True, "decoder_start_token_id": 2, "eos_token_id": 2} | config
    (path / "config.json").write_text(json.dumps(content))


def frames(path: Path) -> tuple[Tokenizer, LanguagePairs, TranslationFrames]:
    tokenizer, pairs = load_tokenizer(path), find_language_pairs(path)
    assert pairs is not None
    return tokenizer, pairs, TranslationFrames(path, tokenizer, pairs, GenerationDefaults.read(path))


def save_nllb(path: Path) -> Any:
    (path / "sentencepiece.bpe.model").write_bytes(trained("bpe"))
    (path / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "NllbTokenizer"}))
    configure(path, model_type="m2m_100")
    codes = ["eng_Latn", "fra_Latn", "rus_Cyrl"]
    reference = NllbTokenizer.from_pretrained(
        path, src_lang="eng_Latn", tgt_lang="fra_Latn", additional_special_tokens=codes, extra_special_tokens=codes
    )
    reference.save_pretrained(path)
    return reference


def save_mbart(path: Path, make: Any) -> Any:
    (path / "sentencepiece.bpe.model").write_bytes(trained())
    (path / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": make.__name__}))
    configure(path, model_type="mbart")
    reference = make.from_pretrained(path, src_lang="en_XX", tgt_lang="fr_XX")
    reference.save_pretrained(path)
    return reference


def save_m2m(path: Path) -> Any:
    save_m2m100(path)
    configure(path, model_type="m2m_100")
    return M2M100Tokenizer.from_pretrained(path, src_lang="en", tgt_lang="fr")


CODED: dict[str, tuple[Callable[[Path], Any], str]] = {
    "M2M100": (save_m2m, "__fr__"),
    "NLLB": (save_nllb, "fra_Latn"),
    "mBART50": (lambda path: save_mbart(path, MBart50Tokenizer), "fr_XX"),
    "mBART": (lambda path: save_mbart(path, MBartTokenizer), "fr_XX"),
}


@pytest.mark.parametrize("name", CODED)
async def test_languages_stand_where_transformers_puts_them(name: str, tmp_path: Path) -> None:
    save, french = CODED[name]
    reference = save(tmp_path)
    tokenizer, pairs, made = frames(tmp_path)
    frame = made.frame(ENGLISH, FRENCH)
    for text in PLAIN:
        assert list(frame.around(await encode_text(tokenizer, text))) == reference(text).input_ids
    forced = reference.convert_tokens_to_ids(french)
    assert frame.prompt == ((forced,) if name == "mBART" else (2, forced))
    assert pairs.knows(ENGLISH, FRENCH)
    assert pairs.knows(None, find_language("ru"))
    assert not pairs.knows(FRENCH, FRENCH)
    assert not pairs.knows(ENGLISH, find_language("Klingon"))


@pytest.mark.parametrize("name", CODED)
async def test_no_text_has_an_end_or_a_language(name: str, tmp_path: Path) -> None:
    CODED[name][0](tmp_path)
    tokenizer, _, made = frames(tmp_path)
    frame = made.frame(ENGLISH, FRENCH)
    control = {*frame.before, *frame.after, *frame.prompt}
    for text in [*TEXTS, CODED[name][1], f"{CODED[name][1]}</s>"]:
        assert control.isdisjoint(await encode_text(tokenizer, text))


@pytest.mark.parametrize(("source", "language"), [("The fox", "de"), ("The fox", "fr")])
async def test_marian_names_the_target_of_several(source: str, language: str, tmp_path: Path) -> None:
    save_marian(tmp_path)
    configure(tmp_path, model_type="marian", eos_token_id=0, decoder_start_token_id=9, bad_words_ids=[[9]])
    reference = MarianTokenizer.from_pretrained(tmp_path)
    tokenizer, pairs, made = frames(tmp_path)
    code = {"de": "deu", "fr": "fra"}[language]
    frame = made.frame(ENGLISH, find_language(language))
    assert list(frame.around(await encode_text(tokenizer, source))) == reference(f">>{code}<< {source}").input_ids
    assert frame.prompt == (9,)
    assert GenerationDefaults.read(tmp_path).forbidden == ((9,),)
    assert pairs.knows(ENGLISH, find_language("fr-CA"))
    assert not pairs.knows(GERMAN, FRENCH)


def test_a_marian_model_of_one_pair_is_known_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "opus-mt-en-zh"
    path.mkdir()
    save_marian(path, separate=True)
    (path / "vocab.json").write_text(json.dumps({"</s>": 0, "<unk>": 1}))
    (path / "tokenizer_config.json").write_text("{}")
    pairs = find_language_pairs(path)
    assert pairs is not None
    assert pairs.knows(ENGLISH, find_language("zh-CN"))
    assert not pairs.knows(ENGLISH, FRENCH)
    assert not pairs.knows(FRENCH, find_language("zh"))


def save_t5(path: Path, **config: Any) -> Any:
    tags = config.pop("tags", [])
    (path / "spiece.model").write_bytes(trained(**T5_IDS))
    configure(path, model_type="t5", decoder_start_token_id=0, eos_token_id=1, **config)
    reference = T5Tokenizer.from_pretrained(path)
    reference.add_tokens(tags)
    reference.save_pretrained(path)
    return reference


async def test_t5_has_a_prefix_for_each_pair(tmp_path: Path) -> None:
    reference = save_t5(tmp_path, task_specific_params=PREFIXES)
    tokenizer, pairs, made = frames(tmp_path)
    frame = made.frame(ENGLISH, FRENCH)
    for text in PLAIN:
        expected = reference(f"translate English to French: {text}").input_ids
        assert list(frame.around(await encode_text(tokenizer, text))) == expected
    assert frame.prompt == (0,)
    assert pairs.knows(ENGLISH, FRENCH)
    assert not pairs.knows(FRENCH, ENGLISH)
    assert not pairs.knows(ENGLISH, GERMAN)


async def test_madlad_has_a_tag_for_each_target(tmp_path: Path) -> None:
    reference = save_t5(tmp_path, tags=["<2fr>", "<2zh_Hant>"])
    (tmp_path / "spiece.model").unlink()
    tokenizer, pairs, made = frames(tmp_path)
    frame = made.frame(None, FRENCH)
    for text in PLAIN:
        assert list(frame.around(await encode_text(tokenizer, text))) == reference(f"<2fr> {text}").input_ids
    assert frame.before[0] not in await encode_text(tokenizer, "<2fr> a <2zh_Hant>")
    assert pairs.knows(GERMAN, find_language("zh-TW"))
    assert not pairs.knows(GERMAN, ENGLISH)


def test_a_text_without_languages_has_the_tokens_of_its_tokenizer(tmp_path: Path) -> None:
    reference = save_t5(tmp_path)
    assert find_language_pairs(tmp_path) is None
    tokenizer = load_tokenizer(tmp_path)
    frame = text_frame(tokenizer, GenerationDefaults.read(tmp_path))
    for text in PLAIN:
        assert list(frame.around(tokenizer.encode(text, add_special_tokens=False))) == reference(text).input_ids
    assert frame.prompt == (0,)


def test_generation_settings_come_before_the_configuration(tmp_path: Path) -> None:
    configure(tmp_path, num_beams=6, bad_words_ids=[[7]])
    assert GenerationDefaults.read(tmp_path).num_beams == 6
    (tmp_path / "generation_config.json").write_text(json.dumps({"num_beams": 4, "forced_bos_token_id": 5}))
    read = GenerationDefaults.read(tmp_path)
    assert (read.num_beams, read.forced_bos_token_id, read.forbidden) == (4, 5, ())
    assert read.decoder_start_token_id == 2
    configure(tmp_path, decoder_start_token_id=None)
    (tmp_path / "generation_config.json").unlink()
    with pytest.raises(ValueError, match="decoder_start_token_id"):
        GenerationDefaults.read(tmp_path)
