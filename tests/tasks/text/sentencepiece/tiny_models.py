"""Small real SentencePiece models, trained here, and checkpoints' tokenizer files that are made of them."""

import io
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from sentencepiece import SentencePieceProcessor, SentencePieceTrainer

from service.tasks.text.sentencepiece.language_codes import M2M100
from tests.tasks.text.vocabularies import CORPUS

TARGETS = ("fra", "deu")
T5_IDS: dict[str, Any] = {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}


@cache
def trained(kind: str = "unigram", **options: Any) -> bytes:
    """A model of 160 pieces, which lacks rare characters of its corpus."""
    file = io.BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS * 3),
        model_writer=file,
        **({"vocab_size": 160} | options),
        model_type=kind,
        character_coverage=0.98,
        minloglevel=2,
        num_threads=1,
    )
    return file.getvalue()


def processor(model: bytes) -> SentencePieceProcessor:
    return SentencePieceProcessor(model_proto=model)


def pieces(model: bytes) -> list[str]:
    reference = processor(model)
    return [reference.id_to_piece(id) for id in range(reference.get_piece_size())]


def save_marian(path: Path, *, separate: bool = False, source: str = "eng", targets: Sequence[str] = TARGETS) -> None:
    """For a source language and some target languages, each of which has a token.

    Two models and their vocabularies: a piece of the source is missing, and a piece of the target is a character
    that the source does not know.
    """
    read, written = trained(), trained(vocab_size=150)
    (path / "source.spm").write_bytes(read)
    (path / "target.spm").write_bytes(written)
    texts = [piece for piece in pieces(read)[3:] if piece != "▁the"]
    target_texts = [piece for piece in pieces(written)[3:] if separate or piece not in texts]
    first, last = ["</s>", "<unk>"], [*(f">>{target}<<" for target in targets), "<pad>"]
    shared = [*texts, *([] if separate else [*target_texts, "ß"])]
    _write(path / "vocab.json", [*first, *shared, *last])
    if separate:
        _write(path / "target_vocab.json", [*first, *target_texts, "<pad>"])
    settings = {"source_lang": source, "target_lang": targets[0], "separate_vocabs": separate, "eos_token": "</s>"}
    _write_config(path, {"model_type": "marian", "eos_token_id": 0}, settings)


def save_m2m100(path: Path, kind: str = "unigram") -> None:
    model = trained(kind)
    (path / "sentencepiece.bpe.model").write_bytes(model)
    _write(path / "vocab.json", ["<s>", "<pad>", "</s>", "<unk>", *pieces(model)[3:]])
    _write_config(path, {"model_type": "m2m_100", "eos_token_id": 2}, {"src_lang": "en", "tgt_lang": "fr"})
    assert len(M2M100) == 100


def save_t5(path: Path, family: str = "t5") -> None:
    (path / "spiece.model").write_bytes(trained(**T5_IDS))
    _write_config(path, {"model_type": family, "eos_token_id": 1}, {})


def save_pegasus(path: Path) -> None:
    save_t5(path, "pegasus")


def save_mbart(path: Path) -> None:
    (path / "sentencepiece.bpe.model").write_bytes(trained())
    _write_config(path, {"model_type": "mbart", "eos_token_id": 2}, {"tokenizer_class": "MBart50Tokenizer"})


def _write(path: Path, tokens: list[str]) -> None:
    path.write_text(json.dumps({token: id for id, token in enumerate(tokens)}))


def _write_config(path: Path, config: dict, settings: dict) -> None:
    (path / "config.json").write_text(json.dumps({"is_encoder_decoder": True} | config))
    (path / "tokenizer_config.json").write_text(json.dumps(settings))
