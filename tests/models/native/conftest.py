"""Every test of the kernels runs with both layouts, on any processor that has one of them."""

import os
from collections.abc import Iterator

import pytest

from service.models.native import kernels
from service.models.native.builds import named_builds
from service.models.native.processor import X86_64_V3, features
from tests.engine.tiny_models import NATIVE_SHAPE
from tests.engine.workloads import Reference


def wide_build() -> str:
    """The build for 16 lanes: the processor's own, ``TRIVIUM_KERNELS`` if it is one, or the layout alone on AVX2."""
    named, builds = os.environ.get(kernels.VARIABLE), named_builds()
    if named in builds and builds[named].lanes == 16:
        return named
    own = (name for name, build in builds.items() if build.lanes == 16 and features().issuperset(build.needs))
    return next(own, "avx2-16-lanes")


@pytest.fixture(scope="module", params=[("avx2", 8), (wide_build(), 16)], ids="{0[0]}".format, autouse=True)
def lanes(request: pytest.FixtureRequest) -> Iterator[int]:
    """The number of float32 numbers in one vector."""
    if not features().issuperset(X86_64_V3) or kernels.load() is None:
        pytest.skip("there is no compiler, or no AVX2")
    with pytest.MonkeyPatch.context() as patch:
        build, number = request.param
        patch.setenv(kernels.VARIABLE, build)
        yield number


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """A tiny model that the kernels compute."""
    return Reference("llama", tmp_path_factory.mktemp("llama"), **NATIVE_SHAPE)
