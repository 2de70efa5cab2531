"""Tiny random models with a span head. Each has a tokenizer like those of its family, which is trained here.

``tiny_reader("bert", path)`` writes config.json, model.safetensors, tokenizer.json and tokenizer_config.json. The same
call always writes the same model.
"""

import json
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoConfig, AutoModelForQuestionAnswering

from tests.encoder.files_once import write_once
from tests.engine.tiny_models import randomize_weights

transformers.logging.disable_progress_bar()

FAMILIES = ("bert", "roberta", "distilbert", "xlm-roberta")
POSITIONS = 96  # tokens of a window
_VOCABULARY = 480
_BERT = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
_ROBERTA = ("<s>", "<pad>", "</s>", "<unk>")
_TEXTS = (
    "The café opens at eight and closes at six in the evening. The lighthouse keeper is Ada Lund.",
    "When does the café close? Who keeps the lighthouse? Where is the bridge of 1894?",
    "It rains and the wind blows from the sea, or so they say, on all the other days of the year.",
    "枫叶咖啡馆每天早上八点开门，晚上六点关门。李娜在成都长大，2009年她搬到上海。",
    "الجسر بُنِيَ عام 1894 من الفولاذ",
)


def tiny_reader(family: str, path: Path, **overrides: Any) -> Path:
    """Write a tiny random model of ``family`` (a transformers model_type) and return its directory."""
    return write_once(f"reader {family} {overrides}", path, lambda path: _write(family, path, overrides))


def _write(family: str, path: Path, overrides: dict[str, Any]) -> None:
    tokenizer = (
        bert_tokenizer()
        if "bert" in family and "roberta" not in family
        else roberta_tokenizer(unigram=family == "xlm-roberta")
    )
    pad = tokenizer.token_to_id(_ROBERTA[1] if "roberta" in family else _BERT[0])
    assert pad is not None
    module = _model(family, tokenizer.get_vocab_size(), pad, overrides)
    module.save_pretrained(path)
    tokenizer.save(str(path / "tokenizer.json"))
    names = ["input_ids", "token_type_ids", "attention_mask"] if family == "bert" else ["input_ids", "attention_mask"]
    tokenizer_config = {"tokenizer_class": "PreTrainedTokenizerFast", "model_input_names": names}
    (path / "tokenizer_config.json").write_text(json.dumps(tokenizer_config))


def _model(family: str, vocab_size: int, pad: int, overrides: dict[str, Any]) -> Any:
    shape: dict[str, Any] = {
        "vocab_size": vocab_size,
        "pad_token_id": pad,
        "max_position_embeddings": POSITIONS + (pad + 1 if "roberta" in family else 0),
    }
    if family == "distilbert":
        shape |= {"dim": 32, "hidden_dim": 48, "n_layers": 2, "n_heads": 4}
    else:
        shape |= {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
        shape |= {"type_vocab_size": 1 if "roberta" in family else 2}
    config = AutoConfig.for_model(family, **(shape | overrides))
    module = AutoModelForQuestionAnswering.from_config(config, dtype=torch.float32)
    randomize_weights(module)
    return module.eval()


def bert_tokenizer() -> Tokenizer:
    """A tokenizer of word pieces in lower case without accents."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(vocab_size=_VOCABULARY, special_tokens=list(_BERT), show_progress=False)
    tokenizer.train_from_iterator(_TEXTS, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return tokenizer


def roberta_tokenizer(*, unigram: bool) -> Tokenizer:
    """A tokenizer of bytes, like RoBERTa's, or of sentence pieces, like XLM-RoBERTa's."""
    ids = [(token, _ROBERTA.index(token)) for token in ("<s>", "</s>")]
    if unigram:
        tokenizer = Tokenizer(models.Unigram())
        tokenizer.normalizer = normalizers.NFKC()
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        tokenizer.decoder = decoders.Metaspace()
        trainer: Any = trainers.UnigramTrainer(
            vocab_size=_VOCABULARY, special_tokens=list(_ROBERTA), unk_token="<unk>", show_progress=False
        )
        tokenizer.train_from_iterator(_TEXTS, trainer)
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=ids
        )
        return tokenizer
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=_VOCABULARY,
        special_tokens=list(_ROBERTA),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_TEXTS, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return tokenizer
