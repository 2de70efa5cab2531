"""Tiny random encoders of each family, with the files that transformers and sentence-transformers read."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from numpy.typing import NDArray
from transformers import AutoConfig, PreTrainedTokenizerFast

from service.encoder.messages import EncoderInput, Head
from service.encoder.models.encoder_model import EncoderModel
from tests.encoder.configs import encoder_config
from tests.encoder.files_once import write_once
from tests.encoder.tiny_readers import bert_tokenizer, roberta_tokenizer
from tests.engine.tiny_models import randomize_weights

POSITIONS = 96  # tokens of an input
HIDDEN = 32
WINDOW = 10  # tokens on each side, in the local layers of ModernBERT

_SHAPE: dict[str, Any] = {
    "hidden_size": HIDDEN,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,  # of 16 dimensions, which the compiled kernels can compute
}
_WITH_PADDING_POSITIONS = ("roberta", "xlm-roberta", "mpnet")  # their positions begin behind that of the padding
# The class of a family's checkpoint, and the fields of its configuration.
FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "bert": ("BertModel", _SHAPE | {"type_vocab_size": 2}),
    "roberta": ("RobertaForMaskedLM", _SHAPE | {"type_vocab_size": 1}),
    "xlm-roberta": ("XLMRobertaModel", _SHAPE | {"type_vocab_size": 1}),
    "distilbert": ("DistilBertForMaskedLM", {"dim": HIDDEN, "hidden_dim": 64, "n_layers": 2, "n_heads": 2}),
    "mpnet": ("MPNetModel", _SHAPE),
    "modernbert": (
        "ModernBertModel",
        _SHAPE
        | {"local_attention": 2 * WINDOW, "layer_types": ["sliding_attention", "full_attention"]}
        | {"cls_token_id": 2, "sep_token_id": 3, "bos_token_id": 2, "eos_token_id": 3},
    ),
    "qwen3": (
        "Qwen3ForCausalLM",
        _SHAPE | {"num_key_value_heads": 2, "head_dim": 8, "bos_token_id": 2, "eos_token_id": 3},
    ),
}

NATIVE = ("bert", "roberta", "xlm-roberta", "distilbert")  # families that the compiled kernels compute

TEXTS = [
    "Ada",
    "The café opens at eight and closes at six in the evening.",
    "枫叶咖啡馆每天早上八点开门，晚上六点关门。",
    "الجسر بُنِيَ عام 1894 من الفولاذ",
    "When does the café close? " * 3,
    "The lighthouse keeper is Ada Lund. " * 12,  # longer than an input may be
    "It rains. 🙂\r\n\tOn all the other days of the year the wind blows from the sea, or so they say.",
    "",
]


def tiny_encoder(family: str, path: Path, *, class_name: str = "", **overrides: Any) -> Path:
    """Write a random model and its tokenizer into ``path`` and return it.

    ``class_name`` is a class of transformers; by default that of the family's embedders. ``overrides`` are fields of
    the configuration.
    """
    key = f"encoder {family} {class_name} {overrides}"
    return write_once(key, path, lambda path: _write(family, path, class_name, overrides))


def _write(family: str, path: Path, class_name: str, overrides: dict[str, Any]) -> None:
    default_class, shape = FAMILIES[family]
    positions = POSITIONS
    if family in _WITH_PADDING_POSITIONS:
        tokenizer, pad, positions = roberta_tokenizer(unigram=family == "xlm-roberta"), "<pad>", POSITIONS + 2
    else:
        tokenizer, pad = bert_tokenizer(), "[PAD]"
    fields = {
        "vocab_size": tokenizer.get_vocab_size(),
        "pad_token_id": tokenizer.token_to_id(pad),
        "max_position_embeddings": positions,
    }
    config = AutoConfig.for_model(family, **(shape | fields | overrides))
    module = getattr(transformers, class_name or default_class)(config).float().eval()
    randomize_weights(module)
    module.save_pretrained(path)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=pad,
        model_max_length=POSITIONS,
        model_input_names=["input_ids", "attention_mask", *(["token_type_ids"] if family == "bert" else [])],
    ).save_pretrained(path)


def encoder_model(path: Path, head: Head, **changes: Any) -> EncoderModel:
    """The service's model of a checkpoint, in this process. Torch computes it unless ``native_kernels`` is True."""
    changes = {"native_kernels": False} | changes
    return EncoderModel(encoder_config(path, head, device="cpu", threads=torch.get_num_threads(), **changes))


def largest_error(model: EncoderModel, numbers: NDArray[np.float32]) -> float:
    """How far the model's numbers may be from these.

    The kernels split numbers on a processor with AMX, with an error of 4e-6 of their size. The random weights of tiny
    models make it larger.
    """
    return 1e-5 if model.info.backend == "torch" else 5e-5 * float(np.abs(numbers).max())


def encoder_inputs(tokenizer: Any, texts: list[Any]) -> list[EncoderInput]:
    """Texts, or pairs of texts, as the tokenizer of transformers cuts and encodes each of them."""
    inputs = []
    for text in texts:
        pair = [[text]] if isinstance(text, str) else [[each] for each in text]
        rows = tokenizer(*pair, truncation=True, return_token_type_ids=True)
        tokens, types = tuple(rows["input_ids"][0]), tuple(rows["token_type_ids"][0])
        inputs.append(
            EncoderInput(tokens, types if "token_type_ids" in tokenizer.model_input_names else (0,) * len(types))
        )
    return inputs
