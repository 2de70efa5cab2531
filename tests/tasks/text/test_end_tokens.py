"""A greedy text ends where transformers' ``generate`` ends it, whichever of a model's files name the end tokens."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from service.tasks.text.tokenizer import Tokenizer
from tests.engine.tiny_models import build_model, save_model, tokenizer

PROMPT = [40, 41, 42, 43]
LENGTH = 24

MODEL = build_model("llama", eos_token_id=None)


def generate(model: Any) -> list[int]:
    ids = torch.tensor([PROMPT])
    mask = torch.ones_like(ids)
    output = model.generate(ids, attention_mask=mask, max_new_tokens=LENGTH, do_sample=False, pad_token_id=0)
    tokens: list[int] = output[0, len(PROMPT) :].tolist()
    return tokens


WHOLE = generate(MODEL)
A, B, C, D = list(dict.fromkeys(WHOLE))[2:6]  # in the order in which they appear

ABSENT: Any = "absent"  # the field, or the file
GENERATION = [ABSENT, {}, {"eos_token_id": None}, {"eos_token_id": B}, {"eos_token_id": [D, C]}]
CONFIG = [ABSENT, None, A, [D, C]]


def cut(tokens: list[int], ends: tuple[int, ...]) -> list[int]:
    """The tokens up to the first of ``ends``, that one included."""
    length = next((number for number, token in enumerate(tokens, 1) if token in ends), len(tokens))
    return tokens[:length]


def test_the_model_makes_enough_tokens() -> None:
    assert len(WHOLE) == LENGTH
    assert len({A, B, C, D}) == 4


@pytest.mark.parametrize("config", CONFIG)
@pytest.mark.parametrize("generation", GENERATION)
def test_a_text_ends_as_in_transformers(generation: Any, config: Any, tmp_path: Path) -> None:
    path = save(tmp_path, generation, config)
    loaded: PreTrainedModel = AutoModelForCausalLM.from_pretrained(path)
    expected = generate(loaded)
    if generation is not ABSENT and not generation.get("eos_token_id") and config not in (ABSENT, None):
        # transformers would not stop at all. The only file that names an end token is obeyed.
        assert expected == WHOLE
        expected = cut(WHOLE, (config,) if isinstance(config, int) else tuple(config))
    assert cut(WHOLE, Tokenizer.load(path).eos_token_ids) == expected
    for end in (A, B, C):  # the tokenizer's own end, which ``generate`` does not see
        (path / "tokenizer_config.json").write_text(json.dumps({"eos_token": tokenizer().id_to_token(end)}))
        assert cut(WHOLE, Tokenizer.load(path).eos_token_ids) == cut(expected, (end,))


def save(path: Path, generation: Any, config: Any) -> Path:
    save_model(MODEL, path)
    fields = json.loads((path / "config.json").read_text())
    fields.pop("eos_token_id", None)
    if config is not ABSENT:
        fields["eos_token_id"] = config
    (path / "config.json").write_text(json.dumps(fields))
    (path / "generation_config.json").unlink()
    if generation is not ABSENT:
        (path / "generation_config.json").write_text(json.dumps(generation))
    tokenizer().save(str(path / "tokenizer.json"))
    return path
