"""What a served model can do, found from the files of its checkpoint.

It reads ``config.json`` and looks for the files of sentence-transformers and for a chat template. It reads no weights,
so that a model that is not loaded has capabilities too.
"""

import json
from enum import StrEnum
from pathlib import Path
from typing import Any


class Capability(StrEnum):
    """A task that a model can do."""

    GENERATE = "generate"
    CHAT = "chat"
    TRANSLATE = "translate"
    ANSWER = "answer"
    EMBED = "embed"
    RERANK = "rerank"
    CLASSIFY = "classify"
    TRANSCRIBE = "transcribe"
    SUMMARIZE = "summarize"


# What language models do.
GENERATIVE = frozenset({Capability.GENERATE, Capability.CHAT, Capability.TRANSLATE, Capability.ANSWER})
# A model that can do one of these has an engine. Every other model has an encoder process.
ENGINE_TASKS = frozenset({Capability.GENERATE, Capability.TRANSLATE, Capability.TRANSCRIBE})

# What encoder-decoders do, by ``model_type``. M2M100 is also NLLB's, and T5 also MADLAD-400's.
_ENCODER_DECODERS = {
    "bart": Capability.GENERATE,
    "m2m_100": Capability.TRANSLATE,
    "marian": Capability.TRANSLATE,
    "mbart": Capability.TRANSLATE,
    "mt5": Capability.GENERATE,
    "pegasus": Capability.GENERATE,
    "t5": Capability.GENERATE,
    "umt5": Capability.GENERATE,
    "whisper": Capability.TRANSCRIBE,
}
_T5_TYPES = ("t5", "mt5", "umt5")
_MADLAD_TAG = b"<2fr>"  # MADLAD-400 has such a token for each language that it writes

# The file in which sentence-transformers lists the modules of an embedding model.
SENTENCE_TRANSFORMERS_FILE = "modules.json"


def find_capabilities(directory: Path) -> frozenset[Capability]:
    """The capabilities of the checkpoint in ``directory``; empty for a kind of model that is not served.

    Raises OSError or ValueError if ``config.json`` cannot be read.
    """
    config = _read_object(directory / "config.json")
    if config.get("is_encoder_decoder"):
        return _of_encoder_decoder(config, directory)
    architectures = config.get("architectures") or ["ForCausalLM"]  # converted checkpoints may name none
    architecture = str(architectures[0])
    if architecture.endswith("ForQuestionAnswering"):
        return frozenset({Capability.ANSWER})
    if architecture.endswith("ForSequenceClassification"):
        return _of_classifier(config)  # sentence-transformers writes its list of modules for cross-encoders too
    if (directory / SENTENCE_TRANSFORMERS_FILE).is_file():
        return frozenset({Capability.EMBED})
    if architecture.endswith(("ForCausalLM", "LMHeadModel", "ForConditionalGeneration")):
        has_template = _has_chat_template(directory)
        return GENERATIVE if has_template else GENERATIVE - {Capability.CHAT}
    if architecture.endswith(("Model", "ForMaskedLM")):
        return frozenset({Capability.EMBED})
    return frozenset()


def _of_encoder_decoder(config: dict[str, Any], directory: Path) -> frozenset[Capability]:
    """A T5 also translates if its configuration has prefixes for pairs, or its vocabulary has tags of languages.

    What generates also summarizes, but a model with tags only translates.
    """
    kind = config.get("model_type")
    if (capability := _ENCODER_DECODERS.get(str(kind))) is None:
        return frozenset()
    if kind in _T5_TYPES and _has_language_tags(directory):
        return frozenset({capability, Capability.TRANSLATE})
    found = {capability}
    if capability is Capability.GENERATE:
        found.add(Capability.SUMMARIZE)
    if kind in _T5_TYPES and _has_translation_prefixes(config):
        found.add(Capability.TRANSLATE)
    return frozenset(found)


def _has_translation_prefixes(config: dict[str, Any]) -> bool:
    tasks = config.get("task_specific_params")
    return isinstance(tasks, dict) and any(name.startswith("translation_") for name in tasks)


def _has_language_tags(directory: Path) -> bool:
    paths = (directory / name for name in ("spiece.model", "tokenizer.json"))
    path = next(filter(Path.is_file, paths), None)
    return path is not None and _MADLAD_TAG in path.read_bytes()


def _of_classifier(config: dict[str, Any]) -> frozenset[Capability]:
    """A classifier of one label is a re-ranker: its label is the relevance."""
    labels = config.get("id2label")
    count = len(labels) if isinstance(labels, dict) else config.get("num_labels", 2)
    return frozenset({Capability.CLASSIFY, Capability.RERANK} if count == 1 else {Capability.CLASSIFY})


def _has_chat_template(directory: Path) -> bool:
    if (directory / "chat_template.jinja").is_file():
        return True
    path = directory / "tokenizer_config.json"
    return path.is_file() and bool(_read_object(path).get("chat_template"))


def _read_object(path: Path) -> dict[str, Any]:
    value = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(value, dict):
        raise ValueError(f"{path} is not a JSON object")
    return value
