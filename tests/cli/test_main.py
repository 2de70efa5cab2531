"""The ``trivium`` command: help, version, completion, and errors in one line."""

import subprocess
import sys
from pathlib import Path

import pytest

from service import __version__
from service.settings import Settings, flag_name
from tests.cli.running import ROOT, trivium, trivium_here


def test_help_names_every_command() -> None:
    result = trivium("--help")
    assert result.returncode == 0
    assert result.stdout.split()[:2] == ["Usage:", "trivium"]
    assert "Text generation, translation and question answering" in result.stdout
    assert all(f" {name} " in result.stdout for name in ("serve", "generate", "settings", "models", "keys", "version"))


@pytest.mark.parametrize("argument", ["version", "--version"])
def test_the_version_is_printed(argument: str) -> None:
    assert trivium_here(argument).stdout == f"{__version__}\n"


def test_every_setting_is_a_flag_of_serve() -> None:
    shown = trivium_here("serve", "--help").stdout
    assert not [
        flag_name(name) for name in Settings.model_fields.keys() - {"models"} if f"{flag_name(name)} " not in shown
    ]


def test_generate_has_the_flags_of_the_model_and_the_engine_only() -> None:
    shown = trivium_here("generate", "--help").stdout
    assert all(f"{flag} " in shown for flag in ("--model", "--quantization", "--block-size"))
    assert not [flag for flag in ("--port", "--max-n", "--keys-file", "--log-level") if f"{flag} " in shown]


@pytest.mark.parametrize(
    "command", [["serve"], ["generate"], ["settings"], ["keys", "add"], ["models", "list"]], ids=" ".join
)
def test_help_fits_80_columns(command: list[str]) -> None:
    shown = trivium_here(*command, "--help", COLUMNS="80").stdout
    assert max(map(len, shown.splitlines())) <= 80


def test_the_shell_completes_commands_and_flags() -> None:
    for words, completion in (("trivium se", "serve"), ("trivium serve --po", "--port")):
        position = str(len(words.split()) - 1)
        shell = {"_TRIVIUM_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": position}
        assert completion in trivium(**shell).stdout.split()


def test_completion_is_installed_for_the_user(tmp_path: Path) -> None:
    # Without shell detection, the flag takes the name of a shell.
    environment = {"HOME": str(tmp_path), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    result = trivium("--install-completion", "bash", **environment)
    assert result.returncode == 0
    scripts = [path.read_text(encoding="utf-8") for path in tmp_path.rglob("*") if path.is_file()]
    assert any("_TRIVIUM_COMPLETE" in script for script in scripts)


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        (["serve", "--port", "many"], {}, "trivium: port: should be a valid integer"),
        (["serve"], {"TRIVIUM_DEVICE": "gpu"}, "trivium: device: "),
        (
            ["serve"],
            {"TRIVIUM_PORTT": "1"},
            "trivium: TRIVIUM_PORTT: unknown setting in the environment; did you mean ",
        ),
        (["models", "list"], {"TRIVIUM_MODEL_DIRR": "x"}, "trivium: TRIVIUM_MODEL_DIRR: unknown setting in the "),
        (
            ["keys", "list"],
            {"TRIVIUM_KEYS_FIL": "x"},
            "trivium: TRIVIUM_KEYS_FIL: unknown setting in the environment; ",
        ),
        (["serve", "--config", "missing.toml"], {}, "trivium: config: cannot read missing.toml"),
        (["settings", "--config", "missing.toml"], {}, "trivium: config: cannot read missing.toml"),
        (["generate", "hello", "--dtype", "int3"], {}, "trivium: dtype: "),
        (["serve", "--host", "0.0.0.0"], {}, "trivium: host: others can reach '0.0.0.0', and there are no keys: "),
        (["keys", "list"], {}, "trivium: keys_file: "),
    ],
)
def test_a_wrong_setting_is_one_line_and_exit_2(
    arguments: list[str], environment: dict[str, str], message: str
) -> None:
    result = trivium_here(*arguments, **environment)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(message)
    assert result.stderr.count("\n") == 1


def test_the_process_exits_with_the_code() -> None:
    result = trivium("serve", "--port", "many")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (2, "", 1)


def test_an_unknown_name_in_the_config_file_is_one_line_and_exit_2(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("prot = 8001", encoding="utf-8")
    result = trivium_here("serve", TRIVIUM_CONFIG=str(path))
    assert (result.returncode, result.stderr) == (2, f"trivium: prot: unknown setting in {path}; did you mean port?\n")


def test_a_key_file_that_cannot_be_read_is_one_line_and_exit_1(tmp_path: Path) -> None:
    result = trivium("serve", "--host", "0.0.0.0", "--keys-file", str(tmp_path / "missing.json"))
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert result.stderr.startswith("trivium: keys_file: cannot read ")


@pytest.mark.parametrize("arguments", [["serve", "no such model"], ["generate", "hello", "--model", "no such model"]])
def test_an_unknown_model_is_no_traceback_and_exit_1(arguments: list[str], tmp_path: Path) -> None:
    result = trivium(*arguments, TRIVIUM_MODEL_DIR=str(tmp_path))
    assert result.returncode == 1
    assert result.stderr.startswith("trivium: ")
    assert "no such model" in result.stderr
    assert "Traceback" not in result.stderr


def test_help_loads_nothing_heavy() -> None:
    heavy = {"torch", "transformers", "fastapi", "numpy", "huggingface_hub"}
    code = f"import sys, service.cli.main; print(*{heavy} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout == "\n"
