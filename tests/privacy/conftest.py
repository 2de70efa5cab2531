"""A model directory, and a real service that echoes its input and may not connect to other hosts."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from tests.encoder.tiny_encoders import tiny_encoder
from tests.fakes.tokenizer import filling_library
from tests.running_server import Server, running_server

GUARD = Path(__file__).parent / "guard"
# A chat template that may quote the message that it refuses.
_TEMPLATE = """\
{%- for m in messages %}{{ m.content }}
{% if 'template' in m.content %}{{ raise_exception('I do not take ' + m.content) }}{% endif %}{% endfor %}"""


@pytest.fixture(scope="package")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "echo"
    path.mkdir()
    (path / "config.json").write_text(json.dumps({"model_type": "echo"}))
    (path / "tokenizer_config.json").write_text(json.dumps({"eos_token": "<|end|>"}))
    (path / "chat_template.jinja").write_text(_TEMPLATE)
    save_file({"nothing": np.zeros(1, dtype=np.float32)}, path / "model.safetensors")
    filling_library().save(str(path / "tokenizer.json"))
    return path


@pytest.fixture(scope="package")
def encoders(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """The flags that serve an embedder, a re-ranker and a classifier, all tiny."""
    path = tmp_path_factory.mktemp("encoders")
    names = ("embedder", "reranker", "classifier")
    classifier = "BertForSequenceClassification"
    tiny_encoder("bert", path / "embedder")
    tiny_encoder("bert", path / "reranker", class_name=classifier, num_labels=1)
    tiny_encoder("bert", path / "classifier", class_name=classifier, num_labels=3)
    return tuple(flag for name in names for flag in ("--model", f"{name}={path / name}"))


@contextmanager
def echoing(model: Path, *flags: str) -> Iterator[Server]:
    """The service with the log level debug."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(GUARD))
        with running_server(model, "--log-level", "debug", *flags, module="tests.privacy.echo_service") as server:
            yield server
