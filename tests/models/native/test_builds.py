"""Which build of the kernels a processor gets, what is said of the others, and what happens when one fails."""

import platform
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.errors import EngineError
from service.models.native import kernels, processor
from service.models.native.builds import builds_for, named_builds
from service.models.native.compiler import FLAGS, SOURCE, KernelBuild, find_compiler
from service.models.native.processor import X86_64_V3, X86_64_V4
from service.models.native.structures import SIGNATURES

AVX2 = frozenset(X86_64_V3)
AVX512 = AVX2.union(X86_64_V4)
CASCADE_LAKE = AVX512 | {"avx512_vnni"}
SAPPHIRE_RAPIDS = CASCADE_LAKE | {"avx_vnni", "avx512_bf16", "amx_tile", "amx_bf16", "amx_int8"}
NEON = frozenset({"fp", "asimd"})


@pytest.fixture(scope="module", autouse=True)
def lanes() -> None:
    """Little is computed here, so the tests run once."""


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No build is forced, and none has failed yet."""
    monkeypatch.delenv(kernels.VARIABLE, raising=False)
    kernels.forget_libraries()
    yield
    kernels.forget_libraries()


class Machine:
    """Pretends to be a machine with another processor."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch

    def becomes(self, features: frozenset[str], architecture: str = "x86_64") -> None:
        self._patch.setattr(kernels, "features", lambda: features)
        self._patch.setattr(kernels, "architecture", lambda: architecture)
        self._patch.setattr("service.models.native.builds.architecture", lambda: architecture)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


@pytest.mark.parametrize(
    ("features", "architecture", "names"),
    [
        (SAPPHIRE_RAPIDS, "x86_64", "avx512-amx avx2-vnni"),
        (SAPPHIRE_RAPIDS - {"amx_int8"}, "x86_64", "avx512-vnni avx2-vnni"),
        (CASCADE_LAKE, "x86_64", "avx512-vnni avx2"),
        (AVX512, "x86_64", "avx512 avx2"),
        (AVX2 | {"avx_vnni"}, "x86_64", "avx2-vnni avx2-vnni"),
        (AVX2, "x86_64", "avx2 avx2"),
        (AVX2 - {"fma"}, "x86_64", "portable portable"),
        (AVX512 - {"avx512bw"}, "x86_64", "avx2 avx2"),
        (NEON | {"asimddp", "i8mm"}, "aarch64", "neon-i8mm neon-i8mm"),
        (NEON | {"asimddp"}, "aarch64", "neon-dotprod neon-dotprod"),
        (NEON, "aarch64", "neon neon"),
        (frozenset[str](), "riscv64", "portable portable"),
    ],
)
def test_a_processor_gets_the_fastest_build_that_it_runs(
    machine: Machine, features: frozenset[str], architecture: str, names: str
) -> None:
    """The second one is for heads of 48 dimensions, which do not fit blocks of 32 tokens."""
    machine.becomes(features, architecture)
    builds = kernels.find_build(), kernels.find_build(48)
    assert [build.name for build in builds if build] == names.split()


def test_every_build_says_why_it_is_used_or_not(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.becomes(AVX512)
    said = {verdict.build.name: verdict.reason for verdict in kernels.verdicts()}
    assert said == {
        "avx512-amx": "the processor has no avx512_vnni",
        "avx512-vnni": "the processor has no avx512_vnni",
        "avx512": "the fastest that this processor runs",
        "avx2-vnni": "the processor has no avx_vnni",
        "avx2": "for models whose sizes do not fit avx512",
        "portable": "not needed",
    }
    assert [verdict.build.name for verdict in kernels.verdicts() if verdict.is_used] == ["avx512"]
    missing = "; ".join(f"{name}: the processor has no avx512_vnni" for name in ("avx512-amx", "avx512-vnni"))
    expected = f"the fastest that this processor runs; {missing}"
    assert kernels.choice_reason("avx512") == expected
    monkeypatch.setenv(kernels.VARIABLE, "avx2")
    assert kernels.choice_reason("avx2") == "TRIVIUM_KERNELS names it"


def test_a_named_build_is_used_if_it_exists_and_runs(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.becomes(AVX512)
    for name in ("avx2", "portable", "avx2-16-lanes"):
        monkeypatch.setenv(kernels.VARIABLE, name)
        build = kernels.find_build()
        assert build is not None
        assert build.name == name
    monkeypatch.setenv(kernels.VARIABLE, "avx512-vnni")
    with pytest.raises(EngineError, match="TRIVIUM_KERNELS is avx512-vnni: the processor has no avx512_vnni"):
        kernels.load()
    monkeypatch.setenv(kernels.VARIABLE, "sse9")
    with pytest.raises(
        EngineError, match="TRIVIUM_KERNELS is sse9: the builds for this processor are avx512-amx, avx512-vnni"
    ):
        kernels.find_build()


def program(path: Path, script: str) -> str:
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def wrong_library(path: Path) -> Path:
    """A library whose self-test says that a sum is wrong."""
    names = [name for name in SIGNATURES if name != "trivium_self_test"]
    source = path.with_suffix(".c")
    source.write_text("".join(f"void {name}(void) {{}}\n" for name in names), encoding="utf-8")
    with source.open("a", encoding="utf-8") as file:
        file.write('const char *trivium_self_test(void) { return "dot4"; }\n')
    compiler = find_compiler()
    assert compiler is not None
    subprocess.run([compiler, "-x", "c", "-shared", "-fPIC", str(source), "-o", str(path)], check=True)
    return path


def test_the_next_build_takes_the_place_of_one_that_fails(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One that the compiler does not know, then one that computes wrongly. The last one is this machine's library."""
    library = kernels.load()
    if library is None:
        pytest.skip("there is no compiler")
    kernels.forget_libraries()
    wrong = wrong_library(tmp_path / "wrong.so")
    script = f"""
for output; do :; done
case "$*" in
    *-mavx512vnni*) echo "unrecognized option" >&2; exit 1 ;;
    *-march=x86-64-v4*) cp {wrong} "$output" ;;
    *) cp {library._name} "$output" ;;
esac"""
    monkeypatch.setattr(kernels, "DIRECTORY", tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("CXX", program(tmp_path / "compiler", script))
    machine.becomes(CASCADE_LAKE)
    assert kernels.load() is not None
    build = kernels.find_build()
    assert build is not None
    assert build.name == "avx2"
    vnni, avx512 = [record.getMessage() for record in caplog.records]
    assert "avx512-vnni cannot be used" in vnni
    assert "unrecognized option" in vnni
    assert "avx512 cannot be used" in avx512
    assert "computes dot4 wrongly" in avx512
    said = kernels.choice_reason("avx2")
    assert said.startswith(
        "the fastest that this processor runs; avx512-amx: the processor has no amx_tile; avx512-vnni: "
    )
    assert "computes dot4 wrongly" in said
    monkeypatch.setenv(kernels.VARIABLE, "avx512")
    with pytest.raises(EngineError, match=r"TRIVIUM_KERNELS is avx512: .* computes dot4 wrongly"):
        kernels.load()


def test_the_features_are_those_that_all_processors_have(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(
        "processor\t: 0\nflags\t\t: fma avx2 avx_vnni\n\nprocessor\t: 1\nflags\t\t: fma avx2\nbugs\t: x\n"
    )
    assert processor.features(cpuinfo) == {"fma", "avx2"}
    arm = tmp_path / "arm"
    arm.write_text("processor\t: 0\nBogoMIPS\t: 50\nFeatures\t: fp asimd asimddp\n")
    assert processor.features(arm) == {"fp", "asimd", "asimddp"}
    unknown = processor.features(tmp_path / "missing")
    assert unknown <= processor.features() or platform.system() != "Linux"


def build_names(architecture: str) -> list[KernelBuild]:
    return [*builds_for(architecture), *(each for each in named_builds().values() if each.name == "avx2-16-lanes")]


@pytest.mark.skipif(processor.architecture() != "x86_64", reason="the compiler here is not for x86")
@pytest.mark.parametrize("build", build_names("x86_64"), ids=lambda build: build.name)
def test_the_compiler_knows_the_instructions_of_every_build(build: KernelBuild, tmp_path: Path) -> None:
    """The arithmetic alone, as compiling all kernels takes long. What this processor has is run."""
    compiler = find_compiler()
    if compiler is None:
        pytest.skip("there is no compiler")
    source, target = tmp_path / "main.cpp", tmp_path / "main"
    source.write_text('#include "self_test.h"\nint main() { return SelfTest::run() != nullptr; }\n', encoding="utf-8")
    flags = [flag for flag in FLAGS if flag != "-fPIC"]
    command = [compiler, *flags, *build.options, f"-I{SOURCE}", str(source), "-o", str(target)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    if processor.features().issuperset(build.needs):
        assert subprocess.run([target], check=False).returncode == 0
