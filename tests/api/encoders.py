"""Scripted encoders of each kind, with the files of tiny models: an embedder, a re-ranker and a classifier."""

import json
from pathlib import Path
from typing import Any

from service.encoder.messages import EncoderInput, Head
from service.metrics import Metrics
from service.serving.model import ServedModel
from service.settings import Settings
from tests.encoder.tiny_readers import tiny_reader
from tests.fakes.encoder import ScriptedEncoder, token_counts
from tests.fakes.served_model import scripted_encoder_model
from tests.tasks.embedding.checkpoints import write_checkpoint

LABELS = ("no", "yes")
PROMPTS = {"prompts": {"query": "when ", "document": "the "}, "default_prompt_name": None}


def relevance(each: EncoderInput) -> list[float]:
    """A logit that grows with the tokens of the second text."""
    return [each.types.count(1) / 4 - 2]


def two_labels(each: EncoderInput) -> list[float]:
    """Logits of "no" and "yes" that depend on the length."""
    return [1.0, len(each.tokens) / 4]


class ScriptedEncoders:
    """The encoders by the names of their models. The directory gets the models' files."""

    def __init__(self, directory: Path, **options: Any) -> None:
        self._paths = {name: directory / name for name in ("embedder", "reranker", "classifier")}
        write_checkpoint(self._paths["embedder"], config=PROMPTS)
        _write_classifier(self._paths["reranker"], ["LABEL_0"])
        _write_classifier(self._paths["classifier"], list(LABELS))
        classification: dict[str, Any] = {"head": Head.CLASSIFICATION, "dimensions": 0}
        self.by_name = {
            "embedder": ScriptedEncoder(token_counts, **options),
            "reranker": ScriptedEncoder(relevance, labels=("LABEL_0",), **classification, **options),
            "classifier": ScriptedEncoder(two_labels, labels=LABELS, **classification, **options),
        }
        for encoder in self.by_name.values():
            encoder.status = "loading"

    def models(self, settings: Settings, metrics: Metrics) -> list[ServedModel]:
        """The models to serve."""
        return [
            scripted_encoder_model(encoder, self._paths[name], settings, metrics, name=name)
            for name, encoder in self.by_name.items()
        ]


def _write_classifier(path: Path, labels: list[str]) -> None:
    tiny_reader("bert", path)
    config = json.loads((path / "config.json").read_text())
    config |= {"architectures": ["BertForSequenceClassification"], "id2label": dict(enumerate(labels))}
    (path / "config.json").write_text(json.dumps(config))
