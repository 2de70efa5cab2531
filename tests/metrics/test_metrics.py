"""Names, types and labels of the series are a promise to dashboards and alert rules."""

import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from service.metrics import Metrics
from tests.metrics.conftest import run_encoder, run_generator, samples

SERIES = {
    ("process_cpu_seconds_total", "counter", ()),
    ("process_max_fds", "gauge", ()),
    ("process_open_fds", "gauge", ()),
    ("process_resident_memory_bytes", "gauge", ()),
    ("process_start_time_seconds", "gauge", ()),
    ("process_virtual_memory_bytes", "gauge", ()),
    ("trivium_batch_lines_total", "counter", ("outcome",)),
    ("trivium_batches_total", "counter", ("status",)),
    ("trivium_build_info", "gauge", ("version",)),
    ("trivium_cached_tokens_total", "counter", ("model",)),
    ("trivium_completion_duration_seconds", "histogram", ("model",)),
    ("trivium_completion_generated_tokens", "histogram", ("model",)),
    ("trivium_completion_prompt_tokens", "histogram", ("model",)),
    ("trivium_completions_started_total", "counter", ("model",)),
    ("trivium_document_segments_total", "counter", ("outcome",)),
    ("trivium_documents_total", "counter", ("status",)),
    ("trivium_computed_tokens_total", "counter", ("model", "phase")),
    ("trivium_decode_duration_seconds", "histogram", ("model",)),
    ("trivium_encoder_batch_duration_seconds", "histogram", ("model",)),
    ("trivium_adapters_info", "gauge", ("adapters", "count", "model")),
    ("trivium_admitted_sequences", "gauge", ("model",)),
    ("trivium_admitted_sequences_limit", "gauge", ("model",)),
    ("trivium_admitted_tokens", "gauge", ("model",)),
    ("trivium_admitted_tokens_limit", "gauge", ("model",)),
    ("trivium_device_memory_bytes", "gauge", ("model",)),
    ("trivium_device_memory_used_bytes", "gauge", ("model",)),
    ("trivium_encoder_info", "gauge", ("architecture", "backend", "device", "dtype", "kernels", "max_tokens", "model")),
    ("trivium_encoder_inputs_total", "counter", ("model",)),
    ("trivium_encoder_inputs_waiting", "gauge", ("model",)),
    ("trivium_encoder_tokens_total", "counter", ("model",)),
    ("trivium_encoder_up", "gauge", ("model",)),
    (
        "trivium_engine_info",
        "gauge",
        (
            "architecture",
            "backend",
            "block_size",
            "device",
            "dtype",
            "kernels",
            "kv_cache_dtype",
            "max_model_len",
            "model",
            "num_blocks",
            "quantization",
        ),
    ),
    ("trivium_engine_up", "gauge", ("model",)),
    ("trivium_generated_tokens_total", "counter", ("model",)),
    ("trivium_http_request_duration_seconds", "histogram", ("model", "route")),
    ("trivium_http_requests_total", "counter", ("method", "model", "route", "status")),
    ("trivium_inference_duration_seconds", "histogram", ("model",)),
    ("trivium_inter_token_latency_seconds", "histogram", ("model",)),
    ("trivium_keys_refused_total", "counter", ("reason",)),
    ("trivium_kv_cache_bytes", "gauge", ("model",)),
    ("trivium_kv_cache_capacity_tokens", "gauge", ("model",)),
    ("trivium_kv_cache_usage_ratio", "gauge", ("model",)),
    ("trivium_largest_token_gap_seconds", "histogram", ("model",)),
    ("trivium_model_load_seconds", "gauge", ("model",)),
    ("trivium_model_loads_total", "counter", ("model", "outcome")),
    ("trivium_model_memory_bytes", "gauge", ("model",)),
    ("trivium_model_state", "gauge", ("model", "state")),
    ("trivium_model_weights_bytes", "gauge", ("model",)),
    ("trivium_model_unloads_total", "counter", ("model", "reason")),
    ("trivium_preemptions_total", "counter", ("model",)),
    ("trivium_speculation_proposed_tokens_total", "counter", ("model",)),
    ("trivium_speculation_accepted_tokens_total", "counter", ("model",)),
    ("trivium_prefill_duration_seconds", "histogram", ("model",)),
    ("trivium_speculation_drafted_tokens_total", "counter", ("model",)),
    ("trivium_speculation_draft_seconds_total", "counter", ("model",)),
    ("trivium_prefix_cache_hit_tokens_total", "counter", ("model",)),
    ("trivium_prefix_cache_queried_tokens_total", "counter", ("model",)),
    ("trivium_process_deaths_total", "counter", ("cause", "model", "process")),
    ("trivium_prompt_tokens_total", "counter", ("model",)),
    ("trivium_queue_wait_seconds", "histogram", ("model",)),
    ("trivium_recovery_duration_seconds", "histogram", ("model", "process")),
    ("trivium_replayed_requests_total", "counter", ("model", "process")),
    ("trivium_requests_total", "counter", ("model", "outcome", "reason")),
    ("trivium_sequences_finished_total", "counter", ("model", "reason")),
    ("trivium_sequences_running", "gauge", ("model",)),
    ("trivium_sequences_waiting", "gauge", ("model",)),
    ("trivium_startup_duration_seconds", "gauge", ("model", "phase")),
    ("trivium_step_duration_seconds", "histogram", ("model",)),
    ("trivium_step_tokens", "histogram", ("model",)),
    ("trivium_time_per_output_token_seconds", "histogram", ("model",)),
    ("trivium_time_to_first_token_seconds", "histogram", ("model",)),
    ("trivium_translation_flags_total", "counter", ("flag", "model")),
    ("trivium_translation_retries_total", "counter", ("model",)),
    ("trivium_translation_segments_total", "counter", ("model",)),
}


def test_names_types_and_labels_are_the_promised_ones(metrics: Metrics) -> None:
    found = set()
    for family in text_string_to_metric_families(metrics.render()[0].decode()):
        labels = {name for sample in family.samples for name in sample.labels} - {"le"}
        name = family.name + ("_total" if family.type == "counter" else "")
        found.add((name, family.type, tuple(sorted(labels))))
    assert found == SERIES


def test_every_event_is_counted(metrics: Metrics) -> None:
    found = samples(metrics)
    expected = {
        'trivium_prompt_tokens_total{model="chat"}': 48,
        'trivium_cached_tokens_total{model="chat"}': 16,
        'trivium_generated_tokens_total{model="chat"}': 2,
        'trivium_sequences_finished_total{model="chat",reason="stop"}': 1,
        'trivium_sequences_finished_total{model="chat",reason="length"}': 1,
        'trivium_sequences_finished_total{model="chat",reason="abort"}': 0,
        'trivium_queue_wait_seconds_sum{model="chat"}': 0.01,
        'trivium_time_to_first_token_seconds_sum{model="chat"}': 0.1,
        'trivium_inter_token_latency_seconds_sum{model="chat"}': 0.02,
        'trivium_largest_token_gap_seconds_sum{model="chat"}': 0.03,
        'trivium_completion_duration_seconds_sum{model="chat"}': 0.12,
        'trivium_completion_prompt_tokens_sum{model="chat"}': 48,
        'trivium_completion_generated_tokens_sum{model="chat"}': 2,
        'trivium_prefill_duration_seconds_sum{model="chat"}': pytest.approx(0.09),
        'trivium_decode_duration_seconds_sum{model="chat"}': pytest.approx(0.02),
        'trivium_inference_duration_seconds_sum{model="chat"}': pytest.approx(0.11),
        'trivium_translation_segments_total{model="chat"}': 1,
        'trivium_translation_retries_total{model="chat"}': 1,
        'trivium_translation_flags_total{flag="length",model="chat"}': 1,
        'trivium_translation_flags_total{flag="copied",model="chat"}': 0,
        'trivium_step_tokens_sum{model="chat"}': 48,
        'trivium_speculation_proposed_tokens_total{model="chat"}': 6,
        'trivium_speculation_accepted_tokens_total{model="chat"}': 5,
        'trivium_speculation_drafted_tokens_total{model="chat"}': 7,
        'trivium_speculation_draft_seconds_total{model="chat"}': 0.125,
        'trivium_computed_tokens_total{model="chat",phase="prefill"}': 40,
        'trivium_computed_tokens_total{model="chat",phase="decode"}': 2,
        'trivium_kv_cache_usage_ratio{model="chat"}': 0.25,
        'trivium_kv_cache_capacity_tokens{model="chat"}': 512,
        'trivium_kv_cache_bytes{model="chat"}': 4096,
        'trivium_model_weights_bytes{model="chat"}': 8192,
        'trivium_model_weights_bytes{model="search"}': 1,
        'trivium_device_memory_used_bytes{model="chat"}': 3000,
        'trivium_device_memory_bytes{model="chat"}': 9000,
        'trivium_admitted_sequences{model="chat"}': 2,
        'trivium_admitted_sequences_limit{model="chat"}': 1024,
        'trivium_admitted_tokens{model="chat"}': 300,
        'trivium_admitted_tokens_limit{model="chat"}': float("inf"),
        'trivium_adapters_info{adapters="law,medicine",count="2",model="chat"}': 1,
        'trivium_sequences_running{model="chat"}': 3,
        'trivium_sequences_waiting{model="chat"}': 2,
        'trivium_startup_duration_seconds{model="chat",phase="kv cache"}': 0.5,
        'trivium_encoder_batch_duration_seconds_sum{model="search"}': 0.25,
        'trivium_encoder_inputs_total{model="search"}': 3,
        'trivium_encoder_tokens_total{model="search"}': 900,
        'trivium_encoder_inputs_waiting{model="search"}': 2,
        'trivium_http_requests_total{method="POST",model="chat",route="/v1/generate",status="200"}': 1,
    }
    assert {name: found[name] for name in expected} == expected


def test_clients_cannot_invent_label_values() -> None:
    metrics = Metrics()
    for method in ("BREW", "WHEN", "GET"):
        metrics.observe_http("/health", method, 405, 0.001)
    methods = re.findall(r'requests_total\{method="(\w+)"', metrics.render()[0].decode())
    assert sorted(methods) == ["GET", "OTHER"]


def test_models_do_not_share_series(metrics: Metrics) -> None:
    before = samples(metrics)
    run_generator(metrics.for_model("other"))
    run_encoder(metrics.for_model("finder"))
    after = samples(metrics)
    assert {name: after[name] for name in before} == before
    assert after['trivium_prompt_tokens_total{model="other"}'] == 48


def test_a_model_has_series_of_its_own_kind_only(metrics: Metrics) -> None:
    """An encoder without an engine is no engine that is down."""
    found = samples(metrics)
    assert 'trivium_engine_up{model="search"}' not in found
    assert 'trivium_generated_tokens_total{model="search"}' not in found
    assert 'trivium_encoder_up{model="chat"}' not in found


def test_the_view_of_a_model_is_always_the_same(metrics: Metrics) -> None:
    assert metrics.for_model("chat") is metrics.for_model("chat")


def test_two_services_in_one_process_do_not_share_series(metrics: Metrics) -> None:
    other = Metrics()
    assert other.for_model("chat").completions
    assert samples(other)['trivium_prompt_tokens_total{model="chat"}'] == 0
