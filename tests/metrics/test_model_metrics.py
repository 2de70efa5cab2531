"""The life of one model: states, loads, unloads and crashes."""

from itertools import pairwise

import msgspec
import pytest

from service.encoder.messages import BatchStats
from service.engine.protocol.outputs import FinishReason
from service.metrics import Metrics
from service.metrics.admission import AdmissionLevels
from service.tasks.generation.usage import Timings, Usage
from tests.metrics.conftest import BATCH, ENCODER, INFO, STEP, run_encoder, run_generator, samples

GAUGES = ("engine_up", "sequences_running", "sequences_waiting", "kv_cache_usage_ratio")


def chat(metrics: Metrics, name: str) -> float:
    """The value of a sample of the model "chat" without further labels."""
    return samples(metrics)[f'trivium_{name}{{model="chat"}}']


def test_a_process_that_dies_is_down_until_it_is_ready_again(metrics: Metrics) -> None:
    model = metrics.for_model("chat").engine
    model.process_died("exit")
    assert chat(metrics, "engine_up") == 0
    model.process_returned(1.5, replayed=1)
    assert chat(metrics, "engine_up") == 1
    found = samples(metrics)
    assert found['trivium_process_deaths_total{cause="exit",model="chat",process="engine"}'] == 1
    assert found['trivium_replayed_requests_total{model="chat",process="engine"}'] == 8
    assert found['trivium_recovery_duration_seconds_sum{model="chat",process="engine"}'] == 4


def test_the_death_of_one_model_changes_no_other(metrics: Metrics) -> None:
    metrics.for_model("search").encoder.process_died("exit")
    found = samples(metrics)
    assert (found['trivium_encoder_up{model="search"}'], found['trivium_engine_up{model="chat"}']) == (0, 1)
    assert found['trivium_encoder_inputs_waiting{model="search"}'] == 0
    metrics.for_model("search").encoder.process_returned(1.0, replayed=0)
    assert samples(metrics)['trivium_encoder_up{model="search"}'] == 1


def test_an_engine_that_is_down_has_no_running_sequences(metrics: Metrics) -> None:
    assert chat(metrics, "engine_up") == 1
    metrics.for_model("chat").engine.down()
    assert [chat(metrics, name) for name in GAUGES] == [0, 0, 0, 0]


def test_a_report_of_no_work_sets_gauges_and_counts_no_step(metrics: Metrics) -> None:
    """After an abort there is no step whose statistics could say that nothing runs or waits any more."""
    before = samples(metrics)
    idle = msgspec.structs.replace(
        STEP, seconds=0.0, num_running=0, num_waiting=0, num_prefill_tokens=0, num_decode_tokens=0, num_preempted=0,
        cache_queried_tokens=0, cache_hit_tokens=0, blocks_used=0, num_proposed_tokens=0, num_accepted_tokens=0,
        num_drafted_tokens=0, draft_seconds=0.0,
    )  # fmt: skip
    metrics.for_model("chat").engine.observe_step(idle)
    metrics.for_model("search").encoder.observe_batch(BatchStats(seconds=0.0, inputs=0, tokens=0, waiting=0))
    after = samples(metrics)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {
        'trivium_sequences_running{model="chat"}',
        'trivium_sequences_waiting{model="chat"}',
        'trivium_kv_cache_usage_ratio{model="chat"}',
        'trivium_encoder_inputs_waiting{model="search"}',
    }
    assert not any(after[name] for name in changed)


def test_a_model_without_adapters_has_no_series_of_them(metrics: Metrics) -> None:
    model = metrics.for_model("chat")

    def adapters() -> list[str]:
        return [name for name in samples(metrics) if name.startswith("trivium_adapters")]

    model.adapters(["law"])
    assert adapters() == ['trivium_adapters_info{adapters="law",count="1",model="chat"}']
    model.adapters([])
    assert adapters() == []
    model.adapters([])
    model.adapters(["law"])
    assert len(adapters()) == 1
    model.unloaded("admin")
    assert adapters() == []


def test_a_cpu_has_no_memory_of_its_own() -> None:
    metrics = Metrics()
    engine = metrics.for_model("chat").engine
    engine.observe_step(msgspec.structs.replace(STEP, device_memory_used=0, device_memory_total=0))
    assert not any("device_memory" in name for name in samples(metrics))
    engine.observe_step(STEP)
    engine.process_died("exit")
    found = samples(metrics)
    assert found['trivium_device_memory_used_bytes{model="chat"}'] == 0
    assert found['trivium_device_memory_bytes{model="chat"}'] == 9000


PHASES = ("queue_wait", "prefill_duration", "decode_duration", "inference_duration", "time_per_output_token")


def test_a_completion_aborted_before_its_first_token_has_no_phases() -> None:
    metrics = Metrics()
    metrics.for_model("chat").completions.finished(Usage(5, 0, 0), Timings(0.0, None, 9.0), (FinishReason.ABORT,))
    assert [chat(metrics, f"{phase}_seconds_count") for phase in PHASES] == [0, 0, 0, 0, 0]


@pytest.mark.parametrize(("tokens", "sequences", "count"), [(5, 1, 1), (1, 1, 0), (5, 2, 0)])
def test_the_mean_time_between_tokens_is_that_of_one_sequence(tokens: int, sequences: int, count: int) -> None:
    metrics = Metrics()
    finish = (FinishReason.STOP,) * sequences
    metrics.for_model("chat").completions.finished(Usage(5, tokens, 0), Timings(1.0, 2.0, 4.0), finish)
    assert chat(metrics, "time_per_output_token_seconds_count") == count
    assert chat(metrics, "time_per_output_token_seconds_sum") == 0.5 * count


def test_one_state_is_1_and_the_earlier_ones_are_0(metrics: Metrics) -> None:
    model = metrics.for_model("chat")
    for before, state in pairwise(("ready", "unloading", "failed", "loading")):
        model.state(state)
        found = {name: value for name, value in samples(metrics).items() if 'state{model="chat"' in name}
        assert [name for name, value in found.items() if value] == [
            f'trivium_model_state{{model="chat",state="{state}"}}'
        ]
        assert found[f'trivium_model_state{{model="chat",state="{before}"}}'] == 0
        model.state(state)
        assert found == {name: value for name, value in samples(metrics).items() if 'state{model="chat"' in name}


def test_an_unload_leaves_the_state_and_the_counters(metrics: Metrics) -> None:
    """So the number of series follows the models that are loaded, and no rate jumps."""
    counters = {name: value for name, value in samples(metrics).items() if 'model="chat"' in name and "_total" in name}
    metrics.for_model("chat").unloaded("memory")
    found = {name: value for name, value in samples(metrics).items() if 'model="chat"' in name}
    assert counters.items() <= found.items()
    assert found['trivium_model_unloads_total{model="chat",reason="memory"}'] == 1
    kept = ("_total", "_count", "_sum")
    gauges = {name: value for name, value in found.items() if not name.partition("{")[0].endswith(kept)}
    assert gauges == {'trivium_model_state{model="chat",state="unloaded"}': 1}


def test_what_arrives_after_an_unload_brings_no_gauge_back(metrics: Metrics) -> None:
    chat, search = metrics.for_model("chat"), metrics.for_model("search")
    for model in (chat, search):
        model.unloaded("admin")
    chat.engine.observe_step(STEP)
    search.encoder.observe_batch(BATCH)
    chat.engine.down()
    search.encoder.down()
    found = samples(metrics)
    assert not [name for name in found if "_up{" in name or "waiting{" in name]
    assert (
        found['trivium_step_tokens_count{model="chat"}']
        == found['trivium_encoder_tokens_total{model="search"}'] / 900
        == 2
    )


def test_a_model_that_is_loaded_again_has_its_gauges_again(metrics: Metrics) -> None:
    before = samples(metrics)
    chat, search = metrics.for_model("chat"), metrics.for_model("search")
    on_step, on_batch = chat.engine.observe_step, search.encoder.observe_batch
    for model in (chat, search):
        model.unloaded("idle")
        model.state("loading")
        model.loaded(3.0, memory=2000)
    chat.engine.ready(INFO)
    chat.admission(AdmissionLevels(0, 1024, 0, 2048))
    chat.adapters(["law", "medicine"])
    search.encoder.ready(ENCODER)
    on_step(STEP)
    on_batch(BATCH)
    after = samples(metrics)
    assert {name for name in before if 'model="spare"' not in name} <= set(after)
    assert after['trivium_engine_up{model="chat"}'] == after['trivium_encoder_up{model="search"}'] == 1
    assert after['trivium_sequences_running{model="chat"}'] == 3
    assert after['trivium_model_memory_bytes{model="chat"}'] == 2000
    assert after['trivium_model_loads_total{model="chat",outcome="ok"}'] == 2
    assert after['trivium_step_tokens_sum{model="chat"}'] == 2 * before['trivium_step_tokens_sum{model="chat"}']


def test_a_load_that_fails_is_counted_and_leaves_no_gauges() -> None:
    metrics = Metrics()
    model = metrics.for_model("chat")
    model.state("loading")
    assert model.engine
    model.load_failed()
    found = samples(metrics)
    assert found['trivium_model_loads_total{model="chat",outcome="failed"}'] == 1
    assert found['trivium_model_state{model="chat",state="failed"}'] == 1
    assert 'trivium_engine_up{model="chat"}' not in found


def test_the_series_do_not_grow_with_loads_and_unloads() -> None:
    metrics = Metrics()

    def load_and_unload() -> set[str]:
        for run, name in ((run_generator, "chat"), (run_encoder, "search")):
            run(metrics.for_model(name))
            metrics.for_model(name).unloaded("idle")
        return set(samples(metrics))

    assert load_and_unload() == load_and_unload()
