"""Real services that files of several folders share, because a service and its models take long to start.

One worker runs all files that name the fixture of such a service, so that each starts once. Tools and models are
imported where a service starts: the process that distributes the tests imports this module too.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.running_server import Server

# The fixtures. ``keyed_server`` is that of the tests of the API, ``fuzzed_server`` that of wrong requests,
# ``playground_server`` that of the page, and ``rendered_charts`` a process of Helm.
NAMES = ("four_models", "many_models", "keyed_server", "fuzzed_server", "playground_server", "rendered_charts")
_FOLDER = Path(__file__).parent


def shared_by(path: Path) -> str:
    """The shared service that the test file names, or nothing."""
    found = re.search(rf"\b({'|'.join(NAMES)})\b", path.read_text(encoding="utf-8"))
    return found[1] if found else ""


@pytest.fixture(scope="session")
def four_models_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the models of ``four_models``: a directory for each name."""
    from tests.encoder.tiny_encoders import tiny_encoder
    from tests.engine.tiny_models import served_model

    path, classifier = tmp_path_factory.mktemp("models"), "BertForSequenceClassification"
    served_model(path / "chat", max_position_embeddings=2048)
    tiny_encoder("bert", path / "embedder")
    tiny_encoder("bert", path / "reranker", class_name=classifier, num_labels=1)
    tiny_encoder("bert", path / "classifier", class_name=classifier, num_labels=3)
    return path


@pytest.fixture(scope="session")
def four_models(four_models_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator["Server"]:
    """``chat``, ``embedder``, ``reranker`` and ``classifier``, for clients that change no setting and no model."""
    from tests.serving.tiny_service import serving

    models: dict[str, dict[str, object]] = {"chat": {"source": four_models_files / "chat"}}
    for name in ("embedder", "reranker", "classifier"):
        # Torch computes them in float32 throughout, so all numbers can be compared to 1e-5.
        models[name] = {"source": four_models_files / name, "native_kernels": False}
    path = tmp_path_factory.mktemp("four")
    with serving(path, models, "--batches-dir", str(path)) as server:
        yield server


@pytest.fixture(scope="session")
def many_models_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the models of ``many_models``: a directory for each name without a team."""
    from tests.serving.many_models import write_models

    return write_models(tmp_path_factory.mktemp("many"))


@pytest.fixture(scope="session")
def many_models(many_models_files: Path) -> Iterator["Server"]:
    """Models that tests load, unload and kill, and three that cannot load.

    ``chat``, ``reader`` and ``embedder`` load with the service; ``later`` and ``team/second`` on demand. ``damaged``
    lacks a tensor, which only its process finds, ``broken`` is a reader of this kind, and ``cut`` is refused by the
    model store.
    """
    from tests.serving.many_models import serve

    with serve(many_models_files) as server:
        yield server
