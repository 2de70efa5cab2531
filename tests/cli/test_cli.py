"""The ``trivium`` command as a person meets it: a process, its output and its exit code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from service import __version__
from service.settings import Settings, env_name, flag_name

ROOT = Path(__file__).parents[2]


def trivium(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("TRIVIUM_")}
    env |= {"COLUMNS": "200", "TERM": "dumb", "PYTHONWARNINGS": "error", "TRIVIUM_OFFLINE": "1"} | environment
    command = [sys.executable, "-m", "service", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)


def test_help_names_every_command() -> None:
    result = trivium("--help")
    assert result.returncode == 0
    assert all(f" {name} " in result.stdout for name in ("serve", "generate", "settings", "models", "keys", "version"))


def test_version() -> None:
    assert trivium("version").stdout == f"{__version__}\n"


def test_every_setting_is_a_flag_of_serve() -> None:
    shown = trivium("serve", "--help").stdout
    assert not [flag_name(name) for name in Settings.model_fields if f"{flag_name(name)} " not in shown]


def test_settings_lists_every_setting_on_a_terminal_and_as_markdown() -> None:
    table, markdown = trivium("settings").stdout, trivium("settings", "--markdown").stdout
    for name, field in Settings.model_fields.items():
        assert env_name(name) in table
        assert f"| `{env_name(name)}` | `{flag_name(name)}` |" in markdown
        assert str(field.description) in markdown


@pytest.mark.parametrize(
    ("arguments", "environment", "complaint"),
    [
        (["serve", "--port", "many"], {}, "trivium: port: should be a valid integer"),
        (["serve"], {"TRIVIUM_DEVICE": "gpu"}, "trivium: device: "),
        (["serve", "--config", "missing.toml"], {}, "trivium: config: cannot read missing.toml"),
        (["generate", "hello", "--dtype", "int3"], {}, "trivium: dtype: "),
        (["serve", "--host", "0.0.0.0"], {}, "trivium: host: others can reach '0.0.0.0', and there are no keys: "),
        (["keys", "list"], {}, "trivium: keys_file: "),
    ],
)
def test_a_wrong_setting_is_one_line_and_exit_2(
    arguments: list[str], environment: dict[str, str], complaint: str
) -> None:
    result = trivium(*arguments, **environment)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(complaint)
    assert result.stderr.count("\n") == 1


def test_an_unknown_key_in_the_file_is_one_line_and_exit_2(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("prot = 8001", encoding="utf-8")
    result = trivium("serve", TRIVIUM_CONFIG=str(path))
    assert (result.returncode, result.stderr) == (2, f"trivium: prot: unknown setting in {path}; did you mean port?\n")


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


def test_the_readme_shows_the_settings_as_they_are() -> None:
    assert trivium("settings", "--markdown").stdout.strip() in (ROOT / "README.md").read_text(encoding="utf-8")
