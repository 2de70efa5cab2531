"""``trivium settings``: the values in force, an example file, and the page of the documentation."""

import tomllib
from pathlib import Path

import pytest

from service.models.native.kernels import verdicts
from service.settings import Settings, env_name, flag_name
from tests.cli.running import ROOT, trivium, trivium_here

SECRET = "hunter2"


def rows(output: str) -> dict[str, list[str]]:
    """The words of each line, by the name of its setting."""
    lines = [line.split() for line in output.splitlines()]
    return {words[0]: words[1:] for words in lines if words and words[0] in Settings.model_fields}


def test_values_in_force_and_their_sources(tmp_path: Path) -> None:
    path = tmp_path / "trivium.toml"
    path.write_text('port = 1\nmax_n = 2\nkv_cache_memory = "2GiB"', encoding="utf-8")
    shown = rows(trivium("settings", "--config", str(path), "--port", "9", TRIVIUM_MAX_N="3", COLUMNS="80").stdout)
    assert shown.keys() == Settings.model_fields.keys() - {"models"}
    assert shown["port"] == ["9", "flag"]
    assert shown["max_n"] == ["3", "environment"]
    assert shown["kv_cache_memory"] == ["2.0GiB", "file"]
    assert shown["max_texts"] == ["128", "default"]
    assert shown["keys_file"] == ["default"]


def test_the_list_fits_80_columns_and_shows_whole_values() -> None:
    model = "/" + "a-long-directory/" * 10
    shown = trivium_here("settings", "--model", model, COLUMNS="80").stdout
    assert max(map(len, shown.splitlines())) <= 80
    value = "".join(line[22:67].strip() for line in shown.split("served_model_name")[0].splitlines())
    assert value.endswith(model)


def test_the_builds_of_the_kernels_are_shown_with_the_reason() -> None:
    builds = trivium_here("settings", COLUMNS="120").stdout.partition("Builds of the compiled kernels")[2]
    assert [line.split()[0] for line in builds.splitlines() if line.rstrip().endswith(" used")] == [
        row.build.name for row in verdicts() if row.is_used
    ]
    refused = trivium_here("settings", TRIVIUM_KERNELS="sse9", COLUMNS="200").stdout
    assert "TRIVIUM_KERNELS is sse9: the builds for this processor are " in refused


def test_the_served_models_are_shown_with_their_tables(tmp_path: Path) -> None:
    path = tmp_path / "trivium.toml"
    path.write_text('[models.chat]\nsource = "org/chat"\nthreads = 3', encoding="utf-8")
    shown = trivium_here("settings", "--config", str(path), "--model", "embedder=org/e", COLUMNS="120").stdout
    models = [line.split() for line in shown.partition("Served models")[2].splitlines()[1:3]]
    assert models == [["embedder", "source", "org/e"], ["chat", "source", "org/chat;", "threads", "3"]]


def test_passwords_are_not_printed() -> None:
    shown = trivium_here("settings", TRIVIUM_PYPI_INDEX=f"https://me:{SECRET}@example.org/simple", COLUMNS="80").stdout
    assert SECRET not in shown
    assert rows(shown)["pypi_index"] == ["https://...@example.org/simple", "environment"]


def test_the_example_file_has_every_setting_with_its_default() -> None:
    example = trivium_here("settings", "--format", "toml", COLUMNS="80").stdout
    assert max(map(len, example.splitlines())) <= 80
    assert tomllib.loads(example) == {}
    lines = [line.removeprefix("# ") for line in example.splitlines() if " = " in line or line.startswith("# [")]
    values = tomllib.loads("\n".join(lines))
    assert values.keys() == Settings.model_fields.keys() - {"config"}
    assert Settings(models=values.pop("models")).models.keys() == {"chat"}
    without_default = {name for name, field in Settings.model_fields.items() if field.default is None}
    for name in without_default & values.keys():
        assert values.pop(name) == "PATH"
    assert Settings(**values) == Settings()


def test_the_example_file_is_a_config_file(tmp_path: Path) -> None:
    path = tmp_path / "trivium.toml"
    example = trivium_here("settings", "--format", "toml").stdout
    path.write_text(example.replace("# port = 8000", "port = 8123"), encoding="utf-8")
    shown = rows(trivium_here("settings", "--config", str(path)).stdout)
    assert shown["port"] == ["8123", "file"]
    assert shown["host"] == ["127.0.0.1", "default"]


@pytest.mark.parametrize("arguments", [["--format", "markdown"], ["--markdown"]])
def test_the_documentation_shows_the_settings_as_they_are(arguments: list[str]) -> None:
    page = trivium_here("settings", *arguments).stdout
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == page
    for name, field in Settings.model_fields.items():
        if name == "models":
            continue  # tables of the file, neither a flag nor a variable
        assert f"| `{env_name(name)}` | `{flag_name(name)}` |" in page
        assert str(field.description) in page
