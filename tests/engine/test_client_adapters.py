"""Adapters of an engine process: loaded and unloaded under traffic, and again after the process has died."""

import asyncio
from pathlib import Path

import pytest

from service.engine.client import EngineClient
from service.engine.protocol.outputs import FinishReason
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.errors import AdapterInUse, ProcessUnavailable, UnknownAdapter, UnsupportedAdapter
from tests.engine.faulty_worker import expected
from tests.engine.test_client import engine, kill, outputs, tokens
from tests.processes.waiting import until


def make_adapter(path: Path, file: str = "adapter") -> str:
    path.mkdir()
    (path / file).touch()
    return str(path)


def request(name: str, adapter: str, max_tokens: int = 20) -> Request:
    params = SamplingParams(max_tokens=max_tokens, seed=len(name))
    return Request(id=name, prompt=(1, 2, 3), params=params, adapter=adapter)


async def assert_served(client: EngineClient, *adapters: str) -> None:
    """One request for each adapter, all at once."""
    requests = [request(f"for {adapter}", adapter) for adapter in adapters]
    received = await asyncio.gather(*(outputs(client.submit([each])) for each in requests))
    for each, found in zip(requests, received, strict=True):
        assert tokens(found) == expected(each)


async def test_an_adapter_is_loaded_and_unloaded(tmp_path: Path) -> None:
    path = make_adapter(tmp_path / "mine")
    async with engine(tmp_path) as (client, _):
        info = await client.load_adapter("mine", path)
        assert (info.name, info.rank, info.weights_bytes) == ("mine", 3, 1000)
        assert client.adapters == {"mine": info}
        await assert_served(client, "", "mine")
        with pytest.raises(AdapterInUse, match="taken"):
            await client.load_adapter("mine", path)
        await client.unload_adapter("mine")
        assert not client.adapters
        (output,) = await outputs(client.submit([request("late", "mine")]))
        assert (output.finish, output.error) == (FinishReason.ERROR, "no adapter 'mine' is loaded")
        with pytest.raises(UnknownAdapter):
            await client.unload_adapter("mine")
        with pytest.raises(UnsupportedAdapter, match="there is no adapter"):
            await client.load_adapter("mine", str(tmp_path))
        await client.load_adapter("mine", path)
        await assert_served(client, "", "mine")


async def test_unloading_waits_for_the_requests_that_use_the_adapter(tmp_path: Path) -> None:
    path = make_adapter(tmp_path / "mine")
    async with engine(tmp_path) as (client, _):
        await client.load_adapter("mine", path)
        finishes, aborted = request("finishes", "mine", 300), request("aborted", "mine", 3000)
        collecting = asyncio.create_task(outputs(client.submit([finishes])))
        stream = client.submit([aborted])
        await anext(aiter(stream))
        unloading = asyncio.create_task(client.unload_adapter("mine"))
        assert tokens(await collecting) == expected(finishes)
        assert not unloading.done()
        stream.close()
        await unloading
        await assert_served(client, "")


async def test_a_new_process_has_the_same_adapters(tmp_path: Path) -> None:
    """Requests go on with their adapters; an adapter whose files are gone is dropped, and its requests fail alone."""
    paths = {name: make_adapter(tmp_path / name) for name in ("stays", "goes", "unloaded")}
    async with engine(tmp_path) as (client, observed):
        for name, path in paths.items():
            await client.load_adapter(name, path)
        await client.unload_adapter("unloaded")
        requests = [request(f"of {name}", name, 400) for name in ("", "stays", "goes")]
        streams = [client.submit([each]) for each in requests]
        await asyncio.gather(*(anext(aiter(stream)) for stream in streams))
        (tmp_path / "goes" / "adapter").unlink()
        kill(client)
        await asyncio.wait_for(observed.returned.wait(), 20)
        received = [await outputs(stream) for stream in streams]
        for each, found in zip(requests[:2], received[:2], strict=True):
            assert tokens(found) == expected(each)[-len(tokens(found)) :]
            assert found[-1].finish is FinishReason.LENGTH
        assert received[2][-1].error == "no adapter 'goes' is loaded"
        assert [*client.adapters] == ["stays"]
        await assert_served(client, "", "stays")


async def test_an_adapter_that_ends_the_process_is_not_loaded_again(tmp_path: Path) -> None:
    path = make_adapter(tmp_path / "bad", "exit")
    async with engine(tmp_path) as (client, observed):
        with pytest.raises(ProcessUnavailable):
            await client.load_adapter("bad", path)
        await asyncio.wait_for(observed.returned.wait(), 20)
        await until(lambda: client.status == "ready")
        assert not client.adapters
        await assert_served(client, "")
