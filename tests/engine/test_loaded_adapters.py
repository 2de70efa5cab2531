"""Adapters are loaded, named by requests and unloaded, while the engine works."""

from pathlib import Path

import pytest

from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.errors import AdapterInUse, UnknownAdapter
from tests.engine.stepping import prompt
from tests.engine.workloads import Driver, Reference
from tests.models.lora.adapter_files import write_adapter


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    return Reference("llama", tmp_path_factory.mktemp("llama"))


@pytest.fixture
def driver(llama: Reference) -> Driver:
    return Driver(llama.path, num_blocks=100)


def make_adapter(driver: Driver, path: Path, seed: int) -> str:
    """The directory of an adapter for the driver's model."""
    model = driver.runner.model
    return str(write_adapter(path, model.linears, seed=seed))


def request(adapter: str, name: str = "it") -> Request:
    params = SamplingParams(max_tokens=8, temperature=0.0)
    return Request(id=name, prompt=tuple(prompt(30, 1)), params=params, adapter=adapter)


def test_an_adapter_is_used_until_it_is_unloaded(driver: Driver, tmp_path: Path) -> None:
    alone = driver.run_one(request("")).tokens
    info = driver.engine.load_adapter("mine", make_adapter(driver, tmp_path, seed=1))
    assert (info.error, info.rank) == ("", 4)
    assert info.weights_bytes > 1000
    adapted = driver.run_one(request("mine")).tokens
    assert adapted != alone
    assert driver.run_one(request("")).tokens == alone
    driver.engine.unload_adapter("mine")
    with pytest.raises(UnknownAdapter, match="no adapter 'mine' is loaded"):
        driver.engine.add(request("mine"))
    assert driver.run_one(request("")).tokens == alone


def test_a_prefix_is_found_under_its_adapter_only(driver: Driver, tmp_path: Path) -> None:
    """An adapter with other weights under the same name does not find the blocks of the one before."""
    directories = [make_adapter(driver, tmp_path / f"{seed}", seed) for seed in (1, 2)]

    def run(adapter: str) -> tuple[list[int], int]:
        run = driver.run_one(request(adapter))
        return run.tokens, run.outputs[0].num_cached

    results: dict[str, list[int]] = {}
    for directory in (*directories, directories[0]):
        driver.engine.load_adapter("mine", directory)
        tokens, cached = run("mine")
        assert cached == 0
        assert run("mine") == (tokens, 28)  # blocks of 4 tokens, without that of the last one
        assert results.setdefault(directory, tokens) == tokens
        driver.engine.unload_adapter("mine")
    alone, cached = run("")
    assert cached == 0
    assert len({tuple(tokens) for tokens in (*results.values(), alone)}) == 3


def test_an_adapter_in_use_stays(driver: Driver, tmp_path: Path) -> None:
    driver.engine.load_adapter("mine", make_adapter(driver, tmp_path, seed=1))
    driver.engine.add(request("mine", "unfinished"))
    for _ in range(2):
        with pytest.raises(AdapterInUse, match="a request still uses"):
            driver.engine.unload_adapter("mine")
        driver.engine.step()
    driver.engine.abort("unfinished")
    driver.engine.unload_adapter("mine")


def test_what_cannot_be_loaded_leaves_the_others_alone(llama: Reference, tmp_path: Path) -> None:
    good = make_adapter(Driver(llama.path, num_blocks=100), tmp_path / "good", seed=1)
    driver = Driver(llama.path, num_blocks=100, adapters={"bad": str(tmp_path), "good": good})
    errors = {info.name: info.error for info in driver.engine.info.adapters}
    assert "holds no adapter" in errors["bad"]
    assert errors["good"] == ""
    assert "is taken" in driver.engine.load_adapter("good", good).error
    assert "is taken" in driver.engine.load_adapter("", good).error
    assert driver.run_one(request("good")).tokens != driver.run_one(request("")).tokens
    with pytest.raises(UnknownAdapter):
        driver.engine.unload_adapter("bad")
