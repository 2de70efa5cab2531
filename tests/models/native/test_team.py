"""Threads that share work: every piece is computed once, also if there are many more threads than processors."""

import subprocess
from pathlib import Path

import pytest

from service.models.native.compiler import FLAGS, SOURCE, find_compiler

CHECK = Path(__file__).parent / "team_check.cpp"


@pytest.fixture(scope="module", autouse=True)
def lanes() -> None:
    """Nothing here depends on the build."""


@pytest.fixture(scope="module")
def check(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = find_compiler()
    if compiler is None:
        pytest.skip("there is no compiler")
    target = tmp_path_factory.mktemp("team") / "check"
    flags = [flag for flag in FLAGS if flag != "-fPIC"]
    subprocess.run([compiler, *flags, f"-I{SOURCE}", str(CHECK), "-o", str(target)], check=True, timeout=300)
    return target


@pytest.mark.parametrize(
    ("threads", "teams", "jobs"), [(1, 1, 20), (2, 4, 500), (3, 4, 200), (32, 2, 200), (32, 20, 1)]
)
def test_every_piece_is_computed_once(check: Path, threads: int, teams: int, jobs: int) -> None:
    command = [str(check), str(threads), str(teams), str(jobs)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    assert done.stdout == "0\n"
