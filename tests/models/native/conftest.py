"""Every test of the kernels runs with both layouts, on any processor that has one of them."""

from collections.abc import Iterator

import pytest

from service.models.native import kernels
from tests.engine.tiny_models import NATIVE_SHAPE
from tests.engine.workloads import Reference


@pytest.fixture(scope="module", params=[8, 16], ids="{} lanes".format, autouse=True)
def lanes(request: pytest.FixtureRequest) -> Iterator[int]:
    """The number of float32 numbers in one vector register."""
    if kernels.load() is None:
        pytest.skip("there is no compiler, or no AVX2")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(kernels.LANES_VARIABLE, str(request.param))
        yield request.param


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """A tiny model that the kernels compute."""
    return Reference("llama", tmp_path_factory.mktemp("llama"), **NATIVE_SHAPE)
