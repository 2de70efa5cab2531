"""Products on tile registers have the bits of those without. Without AMX, plain C++ computes what the tiles would."""

import subprocess
from pathlib import Path

import pytest

from service.models.native import structures
from service.models.native.builds import named_builds
from service.models.native.compiler import FLAGS, SOURCE, find_compiler

CHECK = Path(__file__).parent / "tiles_check.cpp"
KINDS = ("INT8", "STORED_INT8", "INT4", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0")


@pytest.fixture(scope="module", autouse=True)
def lanes() -> None:
    """The layout is that of 16 lanes."""


def test_tiles_compute_the_same_bits(tmp_path: Path) -> None:
    compiler = find_compiler()
    if compiler is None:
        pytest.skip("there is no compiler")
    build = named_builds().get("avx2-16-lanes")
    if build is None:
        pytest.skip("this processor has no vectors for 16 lanes")
    flags = [flag for flag in FLAGS if flag != "-fPIC"]
    options = [*flags, *build.options, "-O1", "-DKERNEL_BYTE_PRODUCTS=1", "-DKERNEL_BYTE_TILES=1", f"-I{SOURCE}"]
    subprocess.run([compiler, *options, str(CHECK), "-o", str(tmp_path / "check")], check=True, timeout=300)
    done = subprocess.run([str(tmp_path / "check")], capture_output=True, text=True, timeout=300, check=True)
    lines = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    assert lines == [(getattr(structures, kind), 0) for kind in KINDS for _ in range(2)]
