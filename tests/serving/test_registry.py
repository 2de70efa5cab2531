"""The registry: which model a request gets, and who waits for which load."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from service.errors import IncapableModel, ModelNotServed, ModelUnavailable, ProcessError
from service.models.capabilities import GENERATIVE, Capability
from service.serving.registry import Registry
from tests.processes.waiting import until
from tests.serving.scripted_registry import ScriptedFiles, registry, served_model

EMBED = frozenset({Capability.EMBED})


@asynccontextmanager
async def started(registry: Registry) -> AsyncIterator[Registry]:
    await registry.start()
    try:
        yield registry
    finally:
        await registry.close()


async def test_a_name_picks_its_model_and_no_name_picks_the_default_of_the_task() -> None:
    chat, second = served_model("chat"), served_model("second", default_for=frozenset({Capability.TRANSLATE}))
    models = registry(chat, second, served_model("vectors", capabilities=EMBED))
    assert models.find("second", Capability.CHAT) is second
    assert models.find(None, Capability.CHAT) is chat
    assert models.find(None, Capability.TRANSLATE) is second
    assert models.find(None, Capability.EMBED).name == "vectors"
    assert models.find("tgi", Capability.CHAT) is chat


async def test_an_unknown_name_is_refused_with_the_names_of_those_that_can() -> None:
    models = registry(served_model("chat"), served_model("vectors", capabilities=EMBED))
    with pytest.raises(ModelNotServed, match=r"that can embed: vectors$"):
        models.find("gpt-4", Capability.EMBED)
    with pytest.raises(IncapableModel, match=r"chat cannot embed.*: vectors$"):
        models.find("chat", Capability.EMBED)
    with pytest.raises(ModelNotServed, match=r"No model that is served here can rerank$"):
        models.find(None, Capability.RERANK)


async def test_allowed_capabilities_are_those_of_the_settings() -> None:
    model = served_model("chat", capabilities=GENERATIVE & {Capability.TRANSLATE})
    with pytest.raises(IncapableModel):
        registry(model).find("chat", Capability.CHAT)


async def test_a_model_that_is_not_on_this_disk_has_the_capabilities_of_its_settings_until_then() -> None:
    files = ScriptedFiles(is_here=False)
    declared = served_model("far", files, EMBED, load="demand", capabilities_of_settings=EMBED | {Capability.RERANK})
    unknown = served_model("unknown", ScriptedFiles(is_here=False), EMBED, load="demand")
    async with started(registry(unknown, declared, may_fetch=True)) as models:
        assert models.find(None, Capability.RERANK) is declared
        models.require(unknown, Capability.CHAT)  # nobody knows better yet
        for model in (declared, unknown):
            with await models.lease(model):
                assert model.capabilities == EMBED
        with pytest.raises(IncapableModel, match="unknown cannot chat"):
            models.require(unknown, Capability.CHAT)


async def test_a_request_loads_a_model_on_demand_and_all_who_wait_share_one_load() -> None:
    files = ScriptedFiles(holds=True)
    model = served_model("later", files, load="demand")
    async with started(registry(model)) as models:
        assert model.state == "unloaded"
        waiting = [asyncio.create_task(models.lease(model)) for _ in range(3)]
        await until(lambda: bool(files.processes))
        assert model.state == "loading"
        files.processes[0].may_start.set()
        leases = await asyncio.gather(*waiting)
        assert len(files.processes) == 1
        for lease in leases:
            with lease:
                assert not model.is_idle
        assert model.is_idle


async def test_a_request_does_not_wait_longer_than_the_load_timeout() -> None:
    files = ScriptedFiles(holds=True)
    model = served_model("later", files, load="demand")
    async with started(registry(model, load_timeout=0.01)) as models:
        with pytest.raises(ModelUnavailable) as error:
            await models.lease(model)
        assert error.value.reason == "loading"


async def test_before_the_start_nothing_waits() -> None:
    model = served_model("chat")
    with pytest.raises(ModelUnavailable):
        await registry(model).lease(model)


async def test_a_cancelled_request_does_not_cancel_the_load() -> None:
    files = ScriptedFiles(holds=True)
    model = served_model("later", files, load="demand")
    async with started(registry(model)) as models:
        first = asyncio.create_task(models.lease(model))
        await until(lambda: bool(files.processes))
        first.cancel()
        files.processes[0].may_start.set()
        with await models.lease(model):
            assert len(files.processes) == 1


async def test_a_failing_model_leaves_the_others_alone_and_can_be_tried_again() -> None:
    files = ScriptedFiles(fails="no such tensor")
    broken, good = served_model("broken", files), served_model("good")
    async with started(registry(broken, good)) as models:
        assert (broken.state, broken.reason, good.state) == ("failed", "no such tensor", "ready")
        with pytest.raises(ModelUnavailable, match="no such tensor"):
            await models.lease(broken)
        with pytest.raises(ProcessError, match="no such tensor"):
            await models.load("broken")
        files.fails = ""
        await models.load("broken")
        assert broken.state == "ready"


async def test_an_unload_waits_for_its_requests_and_an_operator_keeps_the_model_away() -> None:
    model = served_model("chat")
    async with started(registry(model)) as models:
        with await models.lease(model):
            unload = asyncio.create_task(models.unload("chat"))
            await until(lambda: model.state == "unloading")
            with pytest.raises(ModelUnavailable):
                await models.lease(model)
            assert not unload.done()
        await unload
        assert model.state == "unloaded"
        with pytest.raises(ModelUnavailable):
            await models.lease(model)
        await models.load("chat")
        with await models.lease(model):
            pass


async def test_a_model_on_demand_comes_back_even_while_it_is_being_unloaded() -> None:
    files = ScriptedFiles()
    model = served_model("later", files, load="demand")
    async with started(registry(model)) as models:
        with await models.lease(model):
            unload = asyncio.create_task(models.unload("later"))
            await until(lambda: model.state == "unloading")
            again = asyncio.create_task(models.lease(model))
            await asyncio.sleep(0)
        with await again:
            assert len(files.processes) == 2
        await unload


async def test_idle_models_are_unloaded_and_used_ones_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.serving.registry._SWEEP_SECONDS", 0.001)
    used, idle = served_model("used", idle_seconds=0.01), served_model("idle", idle_seconds=0.01)
    async with started(registry(used, idle)) as models:
        with await models.lease(used):
            await until(lambda: idle.state == "unloaded")
            assert used.is_ready
        with await models.lease(idle):  # nobody keeps an idle model away
            pass


@pytest.mark.parametrize("estimated", [True, False])
async def test_the_least_recently_used_idle_model_gives_way(estimated: bool) -> None:
    old, busy = served_model("old", ScriptedFiles(4)), served_model("busy", ScriptedFiles(4))
    new = served_model("new", ScriptedFiles(4), load="demand", estimated=estimated)
    async with started(registry(busy, old, new, memory_budget=10)) as models:
        with await models.lease(old):
            pass
        with await models.lease(busy):
            await models.load("new")
            assert (old.state, busy.state, new.state) == ("unloaded", "ready", "ready")
        with await models.lease(old):
            assert (busy.state, new.state) == ("ready", "unloaded")


async def test_without_room_a_request_is_told_so() -> None:
    busy, new = served_model("busy", ScriptedFiles(8)), served_model("new", ScriptedFiles(8), load="demand")
    huge = served_model("huge", ScriptedFiles(80), load="demand")
    async with started(registry(busy, new, huge, memory_budget=10, load_timeout=0.05)) as models:
        with await models.lease(busy):
            for model, words in ((new, "in use|did not load"), (huge, "budget")):
                with pytest.raises(ModelUnavailable, match=words):
                    await models.lease(model)
                assert busy.is_ready


async def test_a_request_waits_until_another_model_is_idle() -> None:
    busy, new = served_model("busy", ScriptedFiles(8)), served_model("new", ScriptedFiles(8), load="demand")
    async with started(registry(busy, new, memory_budget=10)) as models:
        with await models.lease(busy):
            waiting = asyncio.create_task(models.lease(new))
            await asyncio.sleep(0)
            assert not waiting.done()
        with await waiting:
            assert (busy.state, new.state) == ("unloaded", "ready")


async def test_a_model_that_was_loaded_for_a_request_does_not_give_way_before_the_request_uses_it() -> None:
    old, new = served_model("old", ScriptedFiles(8)), served_model("new", ScriptedFiles(8), load="demand")
    async with started(registry(old, new, memory_budget=10)) as models:
        with old.leases.awaited():
            waiting = asyncio.create_task(models.lease(new))
            for _ in range(50):
                await asyncio.sleep(0)
            assert (old.state, old.is_idle, waiting.done()) == ("ready", False, False)
        with await waiting:
            assert (old.state, new.is_idle) == ("unloaded", False)


async def test_files_are_fetched_only_if_the_settings_allow_it() -> None:
    files = ScriptedFiles(is_here=False)
    model = served_model("far", files, load="demand")
    async with started(registry(model)) as models:
        with pytest.raises(ModelUnavailable):
            await models.lease(model)
        assert (files.fetched, model.state) == (0, "failed")
    again = served_model("far", files, load="demand")
    async with started(registry(again, may_fetch=True)) as models:
        with await models.lease(again):
            assert files.fetched == 1


async def test_catalogue_names_are_added_only_if_the_settings_allow_it() -> None:
    for may_fetch in (False, True):
        models = registry(served_model("chat"), may_fetch=may_fetch, add_model=lambda name: served_model(name))
        async with started(models):
            if may_fetch:
                assert (await models.load("another")).is_ready
            else:
                with pytest.raises(ModelNotServed, match="chat"):
                    await models.load("another")


async def test_a_close_stops_processes_that_are_loading() -> None:
    files = ScriptedFiles(holds=True)
    model = served_model("slow", files)
    models = registry(model)
    start = asyncio.create_task(models.start())
    await until(lambda: any(process.is_starting for process in files.processes))
    await models.close()
    await asyncio.gather(start, return_exceptions=True)
    assert files.processes[0].status == "stopping"
