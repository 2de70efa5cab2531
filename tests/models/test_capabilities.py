"""Capabilities of checkpoints whose files have the shapes of popular models."""

import json
from pathlib import Path
from typing import Any

import pytest

from model_store.checkpoint import ENCODER_DECODERS
from service.models.capabilities import _ENCODER_DECODERS, GENERATIVE, Capability, find_capabilities

EMBED = {Capability.EMBED}
RERANK = {Capability.CLASSIFY, Capability.RERANK}
WRITES, TRANSLATES = {Capability.GENERATE}, {Capability.TRANSLATE}
SUMMARIZES = {*WRITES, Capability.SUMMARIZE}
ENCODER_DECODER = {"is_encoder_decoder": True}
PREFIXES = {"translation_en_to_fr": {"prefix": "translate English to French: "}}
ONE_LABEL = {"id2label": {"0": "LABEL_0"}}
TEMPLATE = {"tokenizer_config.json": {"chat_template": "{{ messages }}"}}
MODULES = {"modules.json": [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}]}

CHECKPOINTS: dict[str, tuple[dict[str, Any], dict[str, Any], set[Capability]]] = {
    "SmolLM2": ({"architectures": ["LlamaForCausalLM"]}, TEMPLATE, set(GENERATIVE)),
    "a base model": ({"architectures": ["Qwen2ForCausalLM"]}, {}, set(GENERATIVE - {Capability.CHAT})),
    "GPT-2": ({"architectures": ["GPT2LMHeadModel"]}, {}, set(GENERATIVE - {Capability.CHAT})),
    "a conversion without architectures": ({"model_type": "llama"}, {}, set(GENERATIVE - {Capability.CHAT})),
    "Qwen3-Embedding": ({"architectures": ["Qwen3ForCausalLM"]}, MODULES | TEMPLATE, EMBED),
    "Qwen3-Reranker": ({"architectures": ["Qwen3ForCausalLM"]}, TEMPLATE, set(GENERATIVE)),
    "all-MiniLM, bge, e5": ({"architectures": ["BertModel"]}, MODULES, EMBED),
    "gte without modules": ({"architectures": ["BertModel"]}, {}, EMBED),
    "ModernBERT": ({"architectures": ["ModernBertForMaskedLM"]}, {}, EMBED),
    "bge-reranker": ({"architectures": ["XLMRobertaForSequenceClassification"]} | ONE_LABEL, {}, RERANK),
    "ms-marco-MiniLM": ({"architectures": ["BertForSequenceClassification"]} | ONE_LABEL, {}, RERANK),
    "a cross-encoder as sentence-transformers saves it": (
        {"architectures": ["BertForSequenceClassification"]} | ONE_LABEL,
        MODULES,
        RERANK,
    ),
    "a re-ranker with a number of labels": (
        {"architectures": ["BertForSequenceClassification"], "num_labels": 1},
        {},
        RERANK,
    ),
    "a classifier of two labels": ({"architectures": ["BertForSequenceClassification"]}, {}, {Capability.CLASSIFY}),
    "SQuAD": ({"architectures": ["DistilBertForQuestionAnswering"]}, {}, {Capability.ANSWER}),
    "T5": (ENCODER_DECODER | {"model_type": "t5", "task_specific_params": PREFIXES}, {}, {*SUMMARIZES, *TRANSLATES}),
    "mT5": (ENCODER_DECODER | {"model_type": "mt5"}, {}, SUMMARIZES),
    "MADLAD-400": (
        ENCODER_DECODER | {"model_type": "t5"},
        {"tokenizer.json": {"added_tokens": [{"content": "<2fr>"}]}},
        {*WRITES, *TRANSLATES},
    ),
    "BART": (ENCODER_DECODER | {"model_type": "bart"}, {}, SUMMARIZES),
    "opus-mt": (ENCODER_DECODER | {"model_type": "marian"}, {}, TRANSLATES),
    "NLLB": (ENCODER_DECODER | {"model_type": "m2m_100"}, {}, TRANSLATES),
    "Whisper": (ENCODER_DECODER | {"model_type": "whisper"}, {}, {Capability.TRANSCRIBE}),
    "an unknown encoder-decoder": (ENCODER_DECODER | {"model_type": "led"}, {}, set()),
    "a vision model": ({"architectures": ["ViTForImageClassification"]}, {}, set()),
}


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_capabilities_follow_from_the_files(name: str, tmp_path: Path) -> None:
    config, files, expected = CHECKPOINTS[name]
    for file, content in {"config.json": config, **files}.items():
        (tmp_path / file).write_text(json.dumps(content))
    assert find_capabilities(tmp_path) == expected


def test_a_template_in_a_file_of_its_own_is_found(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"architectures": ["LlamaForCausalLM"]}))
    (tmp_path / "chat_template.jinja").write_text("{{ messages }}")
    assert find_capabilities(tmp_path) == GENERATIVE


@pytest.mark.parametrize("content", ["{", "[]"])
def test_a_configuration_that_cannot_be_read_is_an_error(content: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(ValueError, match=r"JSON|Expecting"):
        find_capabilities(tmp_path)


def test_the_model_store_lets_in_the_encoder_decoders_that_have_capabilities() -> None:
    assert set(_ENCODER_DECODERS) == ENCODER_DECODERS
