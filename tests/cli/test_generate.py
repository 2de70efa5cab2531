"""``trivium generate``: the engine in this process, with a tiny model."""

from pathlib import Path
from typing import Any

import pytest

from service.cli.generate import write_text
from service.errors import RequestTooLarge, SettingsError, UnsupportedAdapter
from service.models.contracts.lora import LinearShape
from service.settings import Settings
from tests.engine.tiny_models import NATIVE_SHAPE, served_model
from tests.models.lora.adapter_files import write_adapter


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return served_model(tmp_path_factory.mktemp("models"))


@pytest.fixture
def text(model: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """The text that the command writes with these options and adapters."""

    def written(*adapters: str, **options: Any) -> str:
        settings = Settings.load({"model": str(model), "threads": 1, "block_size": 4, "adapter": [*adapters]})
        write_text(settings, "a b c", **{"max_tokens": 20, "temperature": 0.0, "seed": 0, "chat": False} | options)
        return capsys.readouterr().out

    return written


def test_the_same_seed_writes_the_same_text(text: Any) -> None:
    first, again, other = (text(temperature=1.0, seed=seed) for seed in (7, 7, 8))
    assert first == again != other
    assert first.endswith("\n")


def test_the_chat_template_of_the_model_is_used_by_default(text: Any) -> None:
    assert text(chat=None) == text(chat=True) != text(chat=False)


def test_a_request_that_can_never_fit_is_refused(text: Any) -> None:
    with pytest.raises(RequestTooLarge):
        text(max_tokens=5000)


def test_one_adapter_may_change_the_text(text: Any, tmp_path: Path) -> None:
    shape = LinearShape(outputs=NATIVE_SHAPE["hidden_size"], inputs=NATIVE_SHAPE["intermediate_size"])
    layer = {"model.layers.1.mlp.down_proj": shape}
    adapter = f"mine={write_adapter(tmp_path, layer, lora_alpha=40)}"
    assert text(adapter) == text(adapter) != text()
    with pytest.raises(SettingsError, match="one adapter at most"):
        text(adapter, adapter.replace("mine", "other"))
    with pytest.raises(UnsupportedAdapter, match="holds no adapter"):
        text(f"mine={tmp_path / 'nothing'}")
