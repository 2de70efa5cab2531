"""The types that the model store returns."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct


class NoAnswer(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The calibration that turns a model's scores into the probability that a text holds no answer.

    The default values were not measured with any model.
    """

    temperature: Annotated[float, Meta(gt=0)] = 1.0
    offset: float = 0.0  # the lead of no answer's score over the best span's at a probability of one half
    threshold: Annotated[float, Meta(ge=0, le=1)] = 0.5  # from this probability on, the result is "no answer"


UNCALIBRATED = NoAnswer()


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A complete and verified model on this disk.

    ``path`` holds ``config.json``, ``*.safetensors``, ``tokenizer.json``, ``tokenizer_config.json`` and, if the model
    has them, ``generation_config.json``, ``chat_template.jinja``, the JSON files of sentence-transformers and one
    folder for each of its modules. No other file is ever read. Models from the hub and local directories keep their
    authors' files: their chat template may be the ``chat_template`` of ``tokenizer_config.json`` instead, and
    ``tokenizer_config.json`` may be missing.
    """

    name: str  # the served name: the catalogue's name, the hub id, or the directory's name
    path: Path
    prompt_style: str = "auto"  # the kind of few-shot prompts: auto | chat | base
    languages: tuple[str, ...] = ()  # BCP-47; empty: unknown
    tasks: tuple[str, ...] = ("generate", "translate", "answer")
    context_length: int | None = None  # tokens; None: as in config.json
    revision: str = ""  # of the source, if it has revisions
    licence: str = ""
    no_answer: NoAnswer = UNCALIBRATED
    notes: tuple[str, ...] = field(default=())
