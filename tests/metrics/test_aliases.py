"""Series under the names of vLLM and TGI, which dashboards and autoscalers ask for."""

import re
from pathlib import Path

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from service.engine.protocol.outputs import FinishReason
from service.metrics import Metrics
from service.metrics.aliases import ALIASES
from service.settings.settings import METRICS_PROGRAMS
from service.tasks.generation.usage import Timings, Usage
from tests.metrics.conftest import run_encoder, run_generator, samples
from tests.metrics.test_deploy import promtool


@pytest.fixture
def compat() -> Metrics:
    """Metrics with all aliases, of a model that generates and a model that does not."""
    metrics = Metrics(METRICS_PROGRAMS)
    run_generator(metrics.for_model("chat"))
    run_encoder(metrics.for_model("search"))
    return metrics


def parsed(metrics: Metrics) -> dict[str, Metric]:
    """The families as Prometheus' parser reads them, by name."""
    return {family.name: family for family in text_string_to_metric_families(metrics.render()[0].decode())}


def test_the_setting_names_the_tables() -> None:
    assert set(METRICS_PROGRAMS) == set(ALIASES)


def test_without_the_setting_there_are_no_aliases(metrics: Metrics) -> None:
    assert all(name.startswith(("trivium_", "process_")) for name in parsed(metrics))


@pytest.mark.parametrize("program", METRICS_PROGRAMS)
def test_only_the_named_programs_have_aliases(program: str) -> None:
    metrics = Metrics((program,))
    run_generator(metrics.for_model("chat"))
    written = {name.partition(":")[0].partition("_")[0] for name in parsed(metrics)}
    assert written == {"trivium", "process", program}


def test_every_alias_is_a_family_of_the_kind_of_its_source(compat: Metrics) -> None:
    families = parsed(compat)
    for aliases in ALIASES.values():
        for alias in aliases:
            kind = families[alias.source if alias.source in families else f"{alias.source}_info"].type
            name = alias.name.removesuffix("_total") if kind == "counter" else alias.name
            assert families[name].type == kind, alias
            assert families[name].samples, alias


def test_names_values_and_labels_are_those_that_dashboards_ask_for(compat: Metrics) -> None:
    found = samples(compat)
    expected = {
        'vllm:num_requests_running{engine="0",model_name="chat"}': 3,
        'vllm:num_requests_waiting{engine="0",model_name="chat"}': 2,
        'vllm:kv_cache_usage_perc{engine="0",model_name="chat"}': 0.25,
        'vllm:prompt_tokens_total{engine="0",model_name="chat"}': 48,
        'vllm:generation_tokens_total{engine="0",model_name="chat"}': 2,
        'vllm:request_success_total{engine="0",finished_reason="stop",model_name="chat"}': 1,
        'vllm:request_success_total{engine="0",finished_reason="length",model_name="chat"}': 1,
        'vllm:request_success_total{engine="0",finished_reason="abort",model_name="chat"}': 0,
        'vllm:num_preemptions_total{engine="0",model_name="chat"}': 1,
        'vllm:prefix_cache_queries_total{engine="0",model_name="chat"}': 48,
        'vllm:prefix_cache_hits_total{engine="0",model_name="chat"}': 16,
        'vllm:spec_decode_num_accepted_tokens_total{engine="0",model_name="chat"}': 5,
        'vllm:time_to_first_token_seconds_sum{engine="0",model_name="chat"}': 0.1,
        'vllm:inter_token_latency_seconds_count{engine="0",model_name="chat"}': 1,
        'vllm:e2e_request_latency_seconds_sum{engine="0",model_name="chat"}': 0.12,
        'vllm:request_queue_time_seconds_sum{engine="0",model_name="chat"}': 0.01,
        'vllm:request_prompt_tokens_sum{engine="0",model_name="chat"}': 48,
        'vllm:cache_config_info{block_size="16",engine="0",model_name="chat",num_gpu_blocks="32"}': 1,
        'vllm:lora_requests_info{max_lora="2",running_lora_adapters="law,medicine",waiting_lora_adapters=""}': 1,
        'tgi_queue_size{model="chat"}': 2,
        'tgi_batch_current_size{model="chat"}': 3,
        'tgi_request_count{model="chat"}': 1,
        'tgi_request_success{model="chat"}': 2,
        'tgi_request_duration_count{model="chat"}': 1,
        'tgi_request_queue_duration_sum{model="chat"}': 0.01,
        'tgi_request_generated_tokens_sum{model="chat"}': 2,
    }
    assert {name: found[name] for name in expected} == expected
    assert not any("search" in name for name in found if not name.startswith("trivium_"))


def test_the_gateway_api_inference_extension_finds_what_its_protocol_asks_for(compat: Metrics) -> None:
    """docs/operations.md says which of these series stands for what; the types are those of the protocol."""
    text = (Path(__file__).parents[2] / "docs/operations.md").read_text(encoding="utf-8")
    section = text.partition("### Kubernetes' Gateway API")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `") or line.startswith("| LoRA")]
    families = parsed(compat)
    for row in rows:
        _, ours, theirs = row.strip("|").split("|")
        for name in re.findall(r"`([a-z_:]+)(?:\{[^}]*\})?`", ours + theirs):
            assert families[name].type == "gauge", name
    assert len(rows) == 6
    (cache,) = families["vllm:cache_config_info"].samples
    assert {"block_size", "num_gpu_blocks"} <= set(cache.labels)


def test_buckets_are_those_of_the_source(compat: Metrics) -> None:
    families = parsed(compat)

    def buckets(name: str) -> list[tuple[str, float]]:
        return [(each.labels["le"], each.value) for each in families[name].samples if each.name.endswith("_bucket")]

    assert buckets("vllm:time_to_first_token_seconds") == buckets("trivium_time_to_first_token_seconds")
    assert buckets("tgi_request_duration") == buckets("trivium_completion_duration_seconds")
    assert ("+Inf", 1) in buckets("tgi_request_duration")


def test_reasons_with_one_name_in_the_other_program_are_one_series(compat: Metrics) -> None:
    reasons = (FinishReason.COMPLETE, FinishReason.ERROR, FinishReason.ABORT)
    compat.for_model("chat").completions.finished(Usage(1, 3, 0), Timings(0.0, 0.1, 0.2), reasons)
    found = samples(compat)
    assert found['vllm:request_success_total{engine="0",finished_reason="stop",model_name="chat"}'] == 2
    assert not any('finished_reason="complete"' in name for name in found)
    assert found['tgi_request_success{model="chat"}'] == 3


def test_names_of_models_are_escaped() -> None:
    metrics = Metrics(("tgi",))
    name = 'a "quoted" \\ name\nin two lines'
    run_generator(metrics.for_model(name))
    (sample,) = parsed(metrics)["tgi_queue_size"].samples
    assert (sample.labels["model"], sample.value) == (name, 2)


def test_an_unload_takes_the_aliases_of_gauges_away(compat: Metrics) -> None:
    compat.for_model("chat").unloaded("idle")
    found = samples(compat)
    assert 'vllm:num_requests_running{engine="0",model_name="chat"}' not in found
    assert 'vllm:generation_tokens_total{engine="0",model_name="chat"}' in found


def test_promtool_dislikes_nothing_but_the_names_of_the_others(compat: Metrics) -> None:
    """It parses everything, and finds what their names are known for: colons, and counters without _total."""
    problems = promtool("check", "metrics", stdin=compat.render()[0]).splitlines()
    assert not [line for line in problems if not line.startswith(("vllm:", "tgi_"))]
