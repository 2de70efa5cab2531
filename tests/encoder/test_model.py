"""Models that the reader, or the engine, refuses to serve."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from service.encoder.messages import EncoderInput, Head
from service.engine.execution.runner import ModelRunner
from service.errors import UnsupportedModel
from service.models.native import kernels
from service.tasks.answering.reading.pair_tokenizer import PairTokenizer
from service.tasks.encoding.tokenizer import EncoderTokenizer
from tests.encoder.tiny_encoders import encoder_model, largest_error
from tests.encoder.tiny_readers import tiny_reader
from tests.engine.configs import engine_config
from tests.engine.tiny_models import tiny_model, tokenizer


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: tiny_model("llama", path), "holds no Llama|lacks|as it should"),
        (lambda path: tiny_reader("bert", path, num_labels=3), "as it should"),
        (lambda path: path, "holds no model that transformers knows"),
    ],
    ids=["no head", "another head", "nothing"],
)
def test_a_model_without_a_span_head_is_refused(tmp_path: Path, make: Callable[[Path], Path], message: str) -> None:
    with pytest.raises(UnsupportedModel, match=message):
        encoder_model(make(tmp_path), Head.SPAN)


def test_a_tokenizer_without_a_token_for_no_answer_is_refused() -> None:
    with pytest.raises(UnsupportedModel, match="no special token"):
        PairTokenizer(EncoderTokenizer(tokenizer()))


def test_the_engine_refuses_a_reader(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedModel, match="serve it as the reader"):
        ModelRunner(engine_config(tiny_reader("bert", tmp_path), device="cpu"))


def test_the_kernels_compute_the_spans_that_torch_computes(tmp_path: Path) -> None:
    path = tiny_reader("bert", tmp_path, num_attention_heads=2, intermediate_size=64)
    inputs = [EncoderInput(tuple(range(length)), (0,) * (length - 1) + (1,)) for length in (3, 40, 77)]
    torch_model, native_model = (encoder_model(path, Head.SPAN, native_kernels=native) for native in (False, True))
    assert native_model.info.backend == ("native" if kernels.load() else "torch")
    for wanted, found in zip(torch_model.encode(inputs), native_model.encode(inputs), strict=True):
        numbers = np.frombuffer(wanted, np.float32)
        assert np.abs(numbers - np.frombuffer(found, np.float32)).max() < largest_error(native_model, numbers)
