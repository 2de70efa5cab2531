"""From the files of a checkpoint to its vocabulary: how the family numbers the pieces, and its control tokens.

Every family has an order of its own. SentencePiece's order counts in T5's alone.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.tasks.text.sentencepiece.language_codes import M2M100, MBART, MBART50
from service.tasks.text.sentencepiece.model_file import PieceKind, SentencePieceModel

Settings = Mapping[str, Any]  # the content of a JSON file
_PEGASUS_OFFSET = 103  # tokens before the pieces, of which two are not masks


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceVocabulary:
    """``model`` cuts a text. ``ids`` are the ids of its pieces; every other piece becomes the token ``unknown``.

    ``tokens`` are the ids of all tokens that the model writes, and ``control`` are those that are no text. Where source
    and target have vocabularies of their own, ``ids`` belong to the source and ``tokens`` to the target.
    """

    model: SentencePieceModel
    ids: Mapping[str, int]
    tokens: Mapping[str, int]
    control: frozenset[str]
    unknown: int


def read_vocabulary(path: Path, config: Settings, tokenizer_config: Settings) -> PieceVocabulary | None:
    """The vocabulary of a checkpoint without ``tokenizer.json``; None if its family has no SentencePiece model.

    Raises OSError or ValueError if a file is missing or unusable.
    """
    read = _FAMILIES.get(str(config.get("model_type")))
    return None if read is None else read(path, tokenizer_config)


def _marian(path: Path, settings: Settings) -> PieceVocabulary:
    """Pieces of the source are looked up by their texts, as is a part of the text that has no pieces."""
    source = _read_ids(path / "vocab.json")
    target = _read_ids(path / "target_vocab.json") if settings.get("separate_vocabs") else source
    control = {"</s>", "<pad>", "<unk>", "<s>"} | {token for token in source if _is_marian_language(token)}
    return PieceVocabulary(
        model=SentencePieceModel.read(path / "source.spm"),
        ids={text: id for text, id in source.items() if text not in control},
        tokens={token: id for token, id in source.items() if token in control} | target,
        control=frozenset(control),
        unknown=source["<unk>"],
    )


def _is_marian_language(token: str) -> bool:
    return token.startswith(">>") and token.endswith("<<")


def _m2m100(path: Path, settings: Settings) -> PieceVocabulary | None:
    if not (path / "vocab.json").is_file():  # NLLB
        return None
    ids = _read_ids(path / "vocab.json")
    control = ["<s>", "<pad>", "</s>", "<unk>", *(f"__{code}__" for code in M2M100)]
    tokens = ids | {token: len(ids) + place for place, token in enumerate(control[4:])}
    return _vocabulary(SentencePieceModel.read(path / "sentencepiece.bpe.model"), tokens, control)


def _mbart(path: Path, settings: Settings) -> PieceVocabulary:
    model = SentencePieceModel.read(path / "sentencepiece.bpe.model")
    languages = MBART50 if settings.get("tokenizer_class") == "MBart50Tokenizer" else MBART
    first = ["<s>", "<pad>", "</s>", "<unk>"]
    tokens = _numbered([*first, *(piece.text for piece in model.pieces[3:]), *languages, "<mask>"])
    return _vocabulary(model, tokens, [*first, *languages, "<mask>"])


def _t5(path: Path, settings: Settings) -> PieceVocabulary:
    model = SentencePieceModel.read(path / "spiece.model")
    extra = [f"<extra_id_{number}>" for number in reversed(range(int(settings.get("extra_ids", 100))))]
    tokens = _numbered([*(piece.text for piece in model.pieces), *extra])
    return _vocabulary(model, tokens, ["<pad>", "</s>", "<unk>", *extra])


def _pegasus(path: Path, settings: Settings) -> PieceVocabulary:
    model = SentencePieceModel.read(path / "spiece.model")
    first = ["<pad>", "</s>", "<mask_1>", "<mask_2>", *(f"<unk_{number}>" for number in range(2, _PEGASUS_OFFSET))]
    tokens = _numbered([*first, *(piece.text for piece in model.pieces[2:])])
    return _vocabulary(model, tokens, [*first, "<unk>"])


def _vocabulary(model: SentencePieceModel, tokens: Mapping[str, int], control: Iterable[str]) -> PieceVocabulary:
    """Pieces that are looked up in ``tokens``."""
    kept = frozenset(control)
    pieces = {piece.text for piece in model.pieces if piece.kind is PieceKind.NORMAL} - kept
    ids = {text: tokens[text] for text in pieces if text in tokens}
    return PieceVocabulary(model=model, ids=ids, tokens=tokens, control=kept, unknown=tokens["<unk>"])


def _numbered(tokens: Iterable[str]) -> dict[str, int]:
    return {token: id for id, token in enumerate(tokens)}


def _read_ids(path: Path) -> dict[str, int]:
    """Raises ValueError unless the file maps texts to ids."""
    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict) or "<unk>" not in content:
        raise ValueError(f"{path.name} is no vocabulary")
    return {str(token): int(id) for token, id in content.items()}


_FAMILIES: dict[str, Callable[[Path, Settings], PieceVocabulary | None]] = {
    "m2m_100": _m2m100,
    "marian": _marian,
    "mbart": _mbart,
    "mt5": _t5,
    "pegasus": _pegasus,
    "t5": _t5,
    "umt5": _t5,
}
