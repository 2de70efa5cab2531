"""Hidden states of encoders that the kernels compute, compared with transformers' modules."""

from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import AutoConfig, AutoModel

from service.models.native.encoder import NativeEncoder, unsupported_reason
from service.models.native.encoder_layout import LAYOUTS
from service.models.native.structures import F32, SPLIT
from tests.engine.tiny_models import randomize_weights

KINDS = [F32, SPLIT]  # a processor without AMX computes SPLIT too, slowly
ERRORS = {F32: 1e-5, SPLIT: 5e-5}  # of the largest number
LENGTHS = (1, 2, 31, 32, 33, 64, 7, 100, 96)  # parts of a block of tokens, whole ones, and texts in several blocks
VOCABULARY = 90


def tiny_module(family: str = "bert", *, hidden: int = 64, heads: int = 2, inner: int = 96, **fields: Any) -> Any:
    """A random encoder of transformers."""
    shape = {"vocab_size": VOCABULARY, "max_position_embeddings": max(LENGTHS) + 8, "pad_token_id": 1}
    if family == "distilbert":
        shape |= {"dim": hidden, "hidden_dim": inner, "n_layers": 2, "n_heads": heads}
    else:
        shape |= {"hidden_size": hidden, "intermediate_size": inner, "num_hidden_layers": 2}
        shape |= {"num_attention_heads": heads, "type_vocab_size": 2, "embedding_size": hidden}
    module = AutoModel.from_config(AutoConfig.for_model(family, **(shape | fields))).float().eval()
    randomize_weights(module)
    return module


def random_texts(lengths: tuple[int, ...], *, types: bool = True) -> list[tuple[Tensor, Tensor, Tensor | None]]:
    """Ids, positions and types of each text."""
    generator = torch.Generator().manual_seed(len(lengths))
    return [
        (
            torch.randint(2, VOCABULARY, (length,), generator=generator),
            torch.arange(length) + 2,
            torch.randint(0, 2, (length,), generator=generator) if types else None,
        )
        for length in lengths
    ]


def encode(encoder: NativeEncoder, texts: list[tuple[Tensor, Tensor, Tensor | None]]) -> list[Tensor]:
    """The hidden states of texts that are computed together."""
    ids, positions, types = zip(*texts, strict=True)
    lengths = [len(each) for each in ids]
    hidden = encoder(torch.cat(ids), torch.cat(positions), None if types[0] is None else torch.cat(types), lengths)
    return list(hidden.split(lengths))


@torch.inference_mode()
def reference(module: Any, ids: Tensor, positions: Tensor, types: Tensor | None) -> Tensor:
    arguments = {"input_ids": ids[None], "position_ids": positions[None]}
    if types is not None:
        arguments["token_type_ids"] = types[None]
    hidden: Tensor = module(**arguments).last_hidden_state[0]
    return hidden


@pytest.mark.parametrize("kind", KINDS, ids=["float32", "split"])
@pytest.mark.parametrize("family", LAYOUTS)
def test_the_hidden_states_are_those_of_transformers(family: str, kind: int) -> None:
    module = tiny_module(family)
    assert unsupported_reason(module) == ""
    encoder = NativeEncoder(module, threads=2, kind=kind)
    texts = random_texts(LENGTHS, types=family != "distilbert")
    for hidden, text in zip(encode(encoder, texts), texts, strict=True):
        wanted = reference(module, *text)
        assert (hidden - wanted).abs().max() < ERRORS[kind] * wanted.abs().max()


@pytest.mark.parametrize("kind", KINDS, ids=["float32", "split"])
@pytest.mark.parametrize(("hidden", "heads", "inner"), [(32, 1, 32), (96, 3, 64), (128, 2, 32), (160, 1, 32)])
def test_sizes_that_fill_no_panel(hidden: int, heads: int, inner: int, kind: int) -> None:
    module = tiny_module(hidden=hidden, heads=heads, inner=inner)
    for text in random_texts((5, 40)):
        (found,) = encode(NativeEncoder(module, threads=1, kind=kind), [text])
        wanted = reference(module, *text)
        assert (found - wanted).abs().max() < ERRORS[kind] * wanted.abs().max()


@pytest.mark.parametrize("kind", KINDS, ids=["float32", "split"])
def test_the_bits_of_a_text_do_not_depend_on_other_texts_or_threads(kind: int) -> None:
    module = tiny_module()
    one, two = (NativeEncoder(module, threads=threads, kind=kind) for threads in (1, 2))
    texts = random_texts(LENGTHS * 3)
    together = encode(two, texts)
    for text, hidden in zip(texts, together, strict=True):
        (alone,) = encode(one, [text])
        assert torch.equal(alone, hidden)


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        (lambda: tiny_module("mpnet"), "do not know encoders of type mpnet"),
        (lambda: tiny_module(hidden_act="relu"), "do not know the activation relu"),
        (lambda: tiny_module("electra", embedding_size=32), "embeddings are not of the size"),
        (lambda: tiny_module(is_decoder=True), "do not know encoders of type bert"),
        (lambda: tiny_module(inner=48), "64 and 48 numbers for each token, which are not multiples of 32"),
        (lambda: tiny_module(heads=8), "a head has 8 dimensions"),
        (lambda: tiny_module().bfloat16(), "in float32 only"),
        (lambda: tiny_module().to("meta"), "on CPUs only"),
    ],
)
def test_other_encoders_are_left_to_torch(module: Any, reason: str) -> None:
    assert reason in unsupported_reason(module())
