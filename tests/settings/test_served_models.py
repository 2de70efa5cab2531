"""The list of models to serve, from flags, variables and the tables of the file."""

from pathlib import Path

import pytest

from model_store import catalog
from model_store.types import LocalModel
from service.errors import SettingsError
from service.models.capabilities import Capability
from service.settings import ModelSpec, Settings, env_name

DEFAULT = catalog.load().default


@pytest.fixture(autouse=True)
def _no_settings_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(env_name(name), raising=False)


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of the test."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def specs(toml: str = "", **flags: str | list[str]) -> tuple[ModelSpec, ...]:
    path = Path("trivium.toml")
    path.write_text(toml, encoding="utf-8")
    return Settings.load({"config": str(path), **flags}).model_specs()


def names(toml: str = "", **flags: str | list[str]) -> dict[str, str]:
    """The source of each model, by its name, in order."""
    return {spec.name: spec.source for spec in specs(toml, **flags)}


def test_without_any_model_the_default_is_served_with_the_services_own_settings() -> None:
    settings = Settings.load()
    (only,) = settings.model_specs()
    assert (only.name, only.source, only.load, only.idle_seconds) == (DEFAULT, DEFAULT, "start", 0)
    assert (only.capabilities, only.default_for, only.adapters) == (None, frozenset(), {})
    assert only.settings is settings


@pytest.mark.parametrize(
    ("text", "name", "source"),
    [
        ("smollm2-135m-instruct", "smollm2-135m-instruct", "smollm2-135m-instruct"),
        ("org/model", "org/model", "org/model"),
        ("org/model@v1", "org/model", "org/model@v1"),
        ("mine=org/model@v1", "mine", "org/model@v1"),
        ("org/name:8b=./folder", "org/name:8b", "./folder"),
        ("a=b=c", "a", "b=c"),
        ("/missing/lr=0.1", "/missing/lr=0.1", "/missing/lr=0.1"),
        ("./lr=0.1", "./lr=0.1", "./lr=0.1"),
        ("no such model", "no such model", "no such model"),
        ("name=", "name=", "name="),
        ("x" * 5000, "x" * 5000, "x" * 5000),
    ],
)
def test_a_model_is_a_source_or_a_name_and_a_source(text: str, name: str, source: str) -> None:
    assert names(model=[text]) == {name: source}


def test_a_catalogue_model_by_its_repository_has_the_catalogues_name() -> None:
    name, entry = next((name, entry) for name, entry in catalog.load().models.items() if entry.hub and entry.supported)
    assert entry.hub is not None
    assert names(model=[entry.hub.repo]) == {name: entry.hub.repo}


def test_a_path_may_have_signs_that_separate(directory: Path) -> None:
    for part in ("runs/lr=0.1,wd=0", "plain"):
        (directory / part).mkdir(parents=True)
    assert names(model=["runs/lr=0.1,wd=0"]) == {"lr=0.1,wd=0": "runs/lr=0.1,wd=0"}
    assert names(model="runs/lr=0.1,wd=0") == {"lr=0.1,wd=0": "runs/lr=0.1,wd=0"}
    assert names(model=["tuned=runs/lr=0.1,wd=0"]) == {"tuned": "runs/lr=0.1,wd=0"}
    assert names(model=["plain/"]) == {"plain": "plain/"}
    (directory / "weights.gguf").touch()
    assert names(model=["weights.gguf"]) == {"weights": "weights.gguf"}


def test_several_models_from_flags_a_variable_or_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = {"a": "org/a", "org/b": "org/b"}
    assert names(model=["a=org/a", "org/b"]) == expected
    assert names('model = ["a=org/a", "org/b"]') == expected
    assert names('model = "a=org/a, org/b"') == expected
    monkeypatch.setenv("TRIVIUM_MODEL", "a=org/a,org/b")
    assert names('model = "other"') == expected
    assert names(model=["flag"]) == {"flag": "flag"}, "a flag replaces the variable"


def test_tables_follow_the_given_models_and_replace_the_default() -> None:
    tables = '[models.one]\nsource = "org/one"\n[models.two]'
    assert list(names(tables)) == ["one", "two"]
    assert names(tables, model=["org/x", "two"]) == {"org/x": "org/x", "two": "two", "one": "org/one"}
    assert list(names('model = "org/y"\n' + tables)) == ["org/y", "one", "two"]


def test_a_table_applies_to_the_given_model_of_its_name(directory: Path) -> None:
    (directory / "models" / "chat").mkdir(parents=True)
    table = '[models.chat]\nsource = "org/chat"\nload = "demand"\nidle_seconds = 5'
    for given, source in (
        ("chat", "org/chat"), ("chat=org/new", "org/new"), ("models/chat", "models/chat"),
    ):  # fmt: skip
        (only,) = specs(table, model=[given])
        assert (only.name, only.source, only.load, only.idle_seconds) == ("chat", source, "demand", 5.0)


def test_a_table_overrides_settings_of_the_engine_for_its_model_alone() -> None:
    table = '[models.small]\ndtype = "float32"\nkv_cache_memory = "1GiB"\nthreads = 1\nmax_model_len = 64'
    other, small = specs(table, model=["org/x"], dtype="bfloat16", threads="2", block_size="8")
    config = small.settings.engine_config(LocalModel("small", Path("/small"), context_length=4096))
    assert (config.dtype, config.kv_cache_memory, config.threads, config.max_model_len) == ("float32", 1 << 30, 1, 64)
    assert config.block_size == 8
    config = other.settings.engine_config(LocalModel("x", Path("/x"), context_length=4096))
    assert (config.dtype, config.kv_cache_memory, config.threads, config.max_model_len) == ("bfloat16", 0, 2, 4096)


def test_a_table_gives_capabilities_defaults_and_adapters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    (only,) = specs(
        '[models.m]\ncapabilities = ["chat", "embed"]\ndefault_for = ["embed"]\nadapters = { tone = "~/tone" }'
    )
    assert only.capabilities == {Capability.CHAT, Capability.EMBED}
    assert only.default_for == {Capability.EMBED}
    assert only.adapters == {"tone": Path("/home/me/tone")}


def test_the_served_model_name_is_that_of_the_first_model() -> None:
    assert names(served_model_name="gpt-4 o", model=["org/a", "org/b"]) == {"gpt-4 o": "org/a", "org/b": "org/b"}
    assert names(served_model_name="mine") == {"mine": DEFAULT}
    (only,) = specs("[models.mine]\nthreads = 3", model=["org/a"], served_model_name="mine")
    assert (only.source, only.settings.threads) == ("org/a", 3)


def test_the_reader_is_one_more_model_that_answers() -> None:
    table = "[models.spans]\nthreads = 1"
    first, reader = specs(table, model=["org/a"], reader="spans=org/reader")
    assert (first.name, reader.name, reader.source, reader.settings.threads) == ("org/a", "spans", "org/reader", 1)
    assert reader.capabilities == reader.default_for == {Capability.ANSWER}


def test_adapters_belong_to_the_first_model_that_may_generate() -> None:
    tables = '[models.embedder]\ncapabilities = ["embed"]\n[models.llm]\nadapters = { a = "/a" }'
    embedder, llm = specs(tables, adapter=["b=/b=1", "c=./c"])
    assert embedder.adapters == {}
    assert llm.adapters == {"a": Path("/a"), "b": Path("/b=1"), "c": Path("c")}


@pytest.mark.parametrize(
    ("toml", "flags", "message"),
    [
        ("", {"model": ["org/a", "x=y", "org/a"]}, "models: two models or adapters have the name 'org/a'"),
        ("", {"model": ["org/a"], "reader": "org/a"}, "models: two models or adapters have the name 'org/a'"),
        ("", {"model": [""]}, "model: a model has an empty name"),
        ('[model.chat]\nsource = "x"', {}, r"model: should be a name or a list.* \[models.NAME\]"),
        ('[models.""]', {}, "models.: a name has letters"),
        ('[models."a b"]', {}, "models.a b: a name has letters"),
        ("models = 3", {}, "models: should be a valid dictionary; got 3 from the config file"),
        ("[models.chat]\nsourc = 'x'", {}, r"models.chat.sourc: unknown setting in .*; did you mean source\?"),
        ("[models.chat]\nport = 1", {}, "models.chat.port: unknown setting in the config file"),
        ("[models.chat]\ndtype = 'int3'", {}, "models.chat.dtype: .*; got 'int3' from the config file"),
        ("[models.chat]\nload = 'lazy'", {}, "models.chat.load: should be 'start' or 'demand'; got 'lazy'"),
        ("[models.chat]\nidle_seconds = inf", {}, "models.chat.idle_seconds: .*; got inf"),
        ("[models.chat]\nidle_seconds = -1", {}, "models.chat.idle_seconds: .*; got -1"),
        ("[models.chat]\ncapabilities = []", {}, r"models.chat.capabilities: .*; got \[\]"),
        ("[models.chat]\ncapabilities = ['sing']", {}, "models.chat.capabilities: .*; got 'sing'"),
        ("[models.chat]\ndefault_for = ['sing']", {}, "models.chat.default_for: .*; got 'sing'"),
        ("[models.chat]\nadapters = { a = 1 }", {}, "models.chat.adapters.a: .*; got 1"),
        ("[models.chat]\nadapters = { 'a b' = '/a' }", {}, "models.chat.adapters: a name has letters"),
        ("[models.chat]\nadapters = { chat = '/a' }", {}, "models: two models or adapters have the name 'chat'"),
        (
            "[models.a]\nadapters = { x = '/x' }\n[models.b]\nadapters = { x = '/y' }",
            {},
            "models: two models or adapters have the name 'x'",
        ),
        (
            "[models.a]\ncapabilities = ['chat']\ndefault_for = ['embed']",
            {},
            "models.a: default for embed, which is not among its capabilities",
        ),
        (
            "[models.a]\ndefault_for = ['chat']\n[models.b]\ndefault_for = ['embed', 'chat']",
            {},
            "models: 'a' and 'b' are both the default for chat",
        ),
        ("[models.a]\ndefault_for = ['answer']", {"reader": "org/r"}, "models: 'a' and 'org/r' are both the default"),
        ("", {"adapter": ["x"]}, "adapter: should be NAME=PATH; got 'x'"),
        ("", {"adapter": ["=/x"]}, "adapter: should be NAME=PATH; got '=/x'"),
        ("", {"adapter": ["x=/a", "x=/b"]}, "adapter: the name 'x' is given twice"),
        ("[models.a]\nadapters = { x = '/x' }", {"adapter": ["x=/b"]}, "adapter: the name 'x' is in the table"),
        ("[models.a]\ncapabilities = ['embed']", {"adapter": ["x=/b"]}, "adapter: no model may generate"),
        ("", {"model": ["a=b"], "served_model_name": "c"}, "served_model_name: got 'c', but the first model"),
        ("[models.a]", {"served_model_name": "c"}, "served_model_name: got 'c', but the first model"),
        ("[models.a]", {"model": ["a"], "served_model_name": "c"}, "served_model_name: got 'c', but the first model"),
        ("", {"memory_budget": "much"}, "memory_budget: "),
        ("", {"load_timeout": "0"}, "load_timeout: "),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_refused_in_one_line(
    toml: str, flags: dict[str, str | list[str]], message: str
) -> None:
    with pytest.raises(SettingsError, match="^" + message) as caught:
        specs(toml, **flags)
    assert "\n" not in str(caught.value)


def test_a_variable_cannot_hold_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIVIUM_MODELS", "{}")
    with pytest.raises(SettingsError, match=r"^models: .* from TRIVIUM_MODELS$"):
        Settings.load()
