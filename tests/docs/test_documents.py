"""Every shell block of README and docs works as it is written; every link leads to a file."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from platformdirs import user_cache_path

from service.settings import Settings
from tests.running_server import Server

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/*.md"))]
DEFAULT_URL = "http://127.0.0.1:8000"


def _blocks(language: str) -> list[Any]:
    return [
        pytest.param(block, id=f"{document.name}-{number}")
        for document in DOCUMENTS
        for number, block in enumerate(
            re.findall(rf"```{language}\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL)
        )
    ]


BLOCKS = _blocks("sh")

# curl reports an HTTP error by its exit code. make only prints its commands: the suite itself runs under make.
# Docker commands are what `make container-test` runs.
COMMANDS = f"""
curl() {{ command curl --no-progress-meter --fail-with-body "$@"; }}
make() {{ command make --directory '{ROOT}' --dry-run "$@" > /dev/null && echo "make $*"; }}
docker() {{ echo "docker $*"; }}
trivium() {{ '{sys.executable}' -m service "$@"; }}
set -euo pipefail
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for all blocks: a later one may use a key of an earlier one. Compiled kernels are not made again."""
    home, kernels = tmp_path_factory.mktemp("home"), user_cache_path("trivium") / "native"
    (home / ".cache/trivium").mkdir(parents=True)
    kernels.mkdir(parents=True, exist_ok=True)
    (home / ".cache/trivium/native").symlink_to(kernels)
    return home


def test_there_are_blocks_in_every_kind_of_document() -> None:
    assert len(BLOCKS) > 35
    assert {"README.md", "CONTRIBUTING.md", "api.md", "operations.md"} <= {
        str(block.id).rpartition("-")[0] for block in BLOCKS
    }


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_works_as_written(four_models: Server, four_models_files: Path, home: Path, block: str) -> None:
    """The tiny models write other words, but every field is accepted and every answer is complete.

    The documents use the names of these models for other models.
    """
    script = COMMANDS + block.replace(DEFAULT_URL, four_models.url).replace(".venv/bin/trivium", "trivium")
    keys = home / "trivium-keys.json"
    if "keys add" in script:
        keys.unlink(missing_ok=True)
    environment = os.environ | {
        "HOME": str(home),
        "KEY": "any",
        "TRIVIUM_KEYS_FILE": str(keys),
        "TRIVIUM_MODEL": str(four_models_files / "chat"),
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        ["bash", "-c", script], cwd=home, capture_output=True, text=True, timeout=120, check=False, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout


@pytest.mark.parametrize("block", _blocks("toml"))
def test_a_file_of_settings_is_valid(tmp_path: Path, block: str) -> None:
    path = tmp_path / "trivium.toml"
    path.write_text(block, encoding="utf-8")
    assert Settings.load({"config": str(path)}).model_specs()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_to_files_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []
