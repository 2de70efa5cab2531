"""What the model store hands out."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct


class NoAnswer(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a model's doubt is read: what makes of its scores a probability that a text holds no answer.

    The default was measured with no model.
    """

    temperature: Annotated[float, Meta(gt=0)] = 1.0
    offset: float = 0.0  # how much more must speak for no answer than for the best span, for a probability of one half
    threshold: Annotated[float, Meta(ge=0, le=1)] = (
        0.5  # the probability from which on the answer is that there is none
    )


UNCALIBRATED = NoAnswer()


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A model that is whole and verified on this disk.

    ``path`` holds ``config.json``, ``*.safetensors``, ``tokenizer.json``, ``tokenizer_config.json`` and, where the
    model has them, ``generation_config.json`` and ``chat_template.jinja``. Nothing else of it is ever read. Models from
    the hub and local directories are as their authors left them: their chat template may be the ``chat_template`` of
    ``tokenizer_config.json`` instead, and ``tokenizer_config.json`` may be missing.
    """

    name: str  # what it is served as: the catalogue's name, the hub id, or the directory's name
    path: Path
    prompt_style: str = "auto"  # which few-shot prompts fit it: auto | chat | base
    languages: tuple[str, ...] = ()  # BCP-47; empty: unknown
    tasks: tuple[str, ...] = ("generate", "translate", "answer")
    context_length: int | None = None  # tokens; None: what config.json says
    revision: str = ""  # of the source, where it has one
    licence: str = ""
    no_answer: NoAnswer = UNCALIBRATED
    notes: tuple[str, ...] = field(default=())
