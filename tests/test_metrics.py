"""Names, types and labels of the series are a promise to dashboards and alert rules."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from service.encoder.messages import BatchStats, EncoderInfo, Head
from service.engine.protocol.outputs import FinishReason, StepStats
from service.metrics import Metrics
from service.processes.observer import ProcessObserver
from service.tasks.generation.observer import CompletionObserver
from service.tasks.generation.usage import Timings, Usage
from service.tasks.translation import Flag, TranslationObserver
from tests.fakes.engine_info import engine_info

DEPLOY = Path(__file__).parents[1] / "deploy"
PROMTOOL = shutil.which("promtool") or shutil.which("promtool", path=str(Path(sys.executable).parent))

SERIES = {
    ("trivium_build_info", "gauge", ("version",)),
    ("trivium_cached_tokens_total", "counter", ()),
    ("trivium_completion_duration_seconds", "histogram", ()),
    ("trivium_completions_started_total", "counter", ()),
    ("trivium_computed_tokens_total", "counter", ("phase",)),
    ("trivium_engine_info", "gauge", ("architecture", "device", "dtype")),
    ("trivium_engine_up", "gauge", ()),
    ("trivium_generated_tokens_total", "counter", ()),
    ("trivium_http_request_duration_seconds", "histogram", ("route",)),
    ("trivium_http_requests_total", "counter", ("method", "route", "status")),
    ("trivium_inter_token_latency_seconds", "histogram", ()),
    ("trivium_keys_refused_total", "counter", ("reason",)),
    ("trivium_kv_cache_capacity_tokens", "gauge", ()),
    ("trivium_kv_cache_usage_ratio", "gauge", ()),
    ("trivium_largest_token_gap_seconds", "histogram", ()),
    ("trivium_preemptions_total", "counter", ()),
    ("trivium_prefix_cache_hit_tokens_total", "counter", ()),
    ("trivium_prefix_cache_queried_tokens_total", "counter", ()),
    ("trivium_process_deaths_total", "counter", ("cause", "process")),
    ("trivium_prompt_tokens_total", "counter", ()),
    ("trivium_queue_wait_seconds", "histogram", ()),
    ("trivium_reader_batch_duration_seconds", "histogram", ()),
    ("trivium_reader_info", "gauge", ("architecture", "device", "dtype")),
    ("trivium_reader_tokens_total", "counter", ()),
    ("trivium_reader_up", "gauge", ()),
    ("trivium_reader_windows_total", "counter", ()),
    ("trivium_reader_windows_waiting", "gauge", ()),
    ("trivium_recovery_duration_seconds", "histogram", ("process",)),
    ("trivium_replayed_requests_total", "counter", ("process",)),
    ("trivium_sequences_finished_total", "counter", ("reason",)),
    ("trivium_sequences_running", "gauge", ()),
    ("trivium_sequences_waiting", "gauge", ()),
    ("trivium_startup_duration_seconds", "gauge", ("phase",)),
    ("trivium_step_duration_seconds", "histogram", ()),
    ("trivium_step_tokens", "histogram", ()),
    ("trivium_time_to_first_token_seconds", "histogram", ()),
    ("trivium_translation_flags_total", "counter", ("flag",)),
    ("trivium_translation_retries_total", "counter", ()),
    ("trivium_translation_segments_total", "counter", ()),
}

INFO = engine_info(
    architecture="Qwen2ForCausalLM", backend="native", num_blocks=32, startup_seconds={"weights": 1.5, "kv cache": 0.5}
)
READER = EncoderInfo(
    head=Head.SPAN,
    architecture="BertForQuestionAnswering",
    device="cpu",
    dtype="float32",
    vocab_size=100,
    max_tokens=512,
    max_batch_tokens=4096,
    weights_bytes=1,
    startup_seconds={"load": 1.0},
)
STEP = StepStats(
    step=1, seconds=0.02, num_running=3, num_waiting=2, num_prefill_tokens=40, num_decode_tokens=2, num_preempted=1,
    cache_queried_tokens=48, cache_hit_tokens=16, blocks_used=8, blocks_total=32,
)  # fmt: skip


@pytest.fixture
def metrics() -> Metrics:
    """Metrics in which every series has a value."""
    metrics = Metrics()
    processes: ProcessObserver = metrics
    processes.process_died("engine", "frozen")
    processes.process_returned("engine", 2.5, replayed=7)
    metrics.engine_ready(INFO)
    metrics.observe_step(STEP)
    observer: CompletionObserver = metrics
    observer.request_started("gen-1")
    observer.first_token(0.1)
    observer.token_gap(0.02)
    observer.finished(Usage(48, 2, 16), Timings(0.01, 0.1, 0.12, 0.03), (FinishReason.STOP, FinishReason.LENGTH))
    translations: TranslationObserver = metrics
    translations.segment_translated((Flag.LENGTH, Flag.RETRIED), retried=True)
    metrics.observe_http("/v1/generate", "POST", 200, 0.12)
    metrics.key_refused("invalid_api_key")
    metrics.reader_ready(READER)
    metrics.observe_batch(BatchStats(seconds=0.25, inputs=3, tokens=900, waiting=2))
    return metrics


def samples(metrics: Metrics) -> dict[str, float]:
    """``name{label="value"}`` to value, buckets left out."""
    lines = metrics.render()[0].decode().splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#") and "_bucket" not in line)
    return {name: float(value) for name, value in pairs}


def test_a_process_that_dies_is_down_until_it_is_ready_again(metrics: Metrics) -> None:
    metrics.process_died("engine", "exit")
    assert samples(metrics)["trivium_engine_up"] == 0
    metrics.process_returned("engine", 1.5, replayed=1)
    found = samples(metrics)
    assert found["trivium_engine_up"] == 1
    assert found['trivium_process_deaths_total{cause="exit",process="engine"}'] == 1
    assert found['trivium_replayed_requests_total{process="engine"}'] == 8
    assert found['trivium_recovery_duration_seconds_sum{process="engine"}'] == 4


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
        "trivium_prompt_tokens_total": 48,
        "trivium_cached_tokens_total": 16,
        "trivium_generated_tokens_total": 2,
        'trivium_sequences_finished_total{reason="stop"}': 1,
        'trivium_sequences_finished_total{reason="length"}': 1,
        "trivium_queue_wait_seconds_sum": 0.01,
        "trivium_time_to_first_token_seconds_sum": 0.1,
        "trivium_inter_token_latency_seconds_sum": 0.02,
        "trivium_largest_token_gap_seconds_sum": 0.03,
        "trivium_completion_duration_seconds_sum": 0.12,
        "trivium_step_tokens_sum": 42,
        'trivium_computed_tokens_total{phase="prefill"}': 40,
        "trivium_kv_cache_usage_ratio": 0.25,
        "trivium_kv_cache_capacity_tokens": 512,
        "trivium_reader_batch_duration_seconds_sum": 0.25,
        "trivium_reader_windows_total": 3,
        "trivium_reader_tokens_total": 900,
        "trivium_reader_windows_waiting": 2,
        "trivium_sequences_running": 3,
        "trivium_sequences_waiting": 2,
        'trivium_startup_duration_seconds{phase="kv cache"}': 0.5,
        'trivium_http_requests_total{method="POST",route="/v1/generate",status="200"}': 1,
    }
    assert {name: found[name] for name in expected} == expected


def test_an_engine_that_is_down_has_no_running_sequences(metrics: Metrics) -> None:
    assert samples(metrics)["trivium_engine_up"] == 1
    metrics.engine_down()
    found = samples(metrics)
    gauges = ("engine_up", "sequences_running", "sequences_waiting", "kv_cache_usage_ratio")
    assert [found[f"trivium_{name}"] for name in gauges] == [0, 0, 0, 0]


def test_a_reader_that_is_down_has_no_waiting_windows(metrics: Metrics) -> None:
    assert samples(metrics)["trivium_reader_up"] == 1
    metrics.reader_down()
    found = samples(metrics)
    assert (found["trivium_reader_up"], found["trivium_reader_windows_waiting"]) == (0, 0)


def test_a_completion_aborted_before_its_first_token_has_no_queue_time() -> None:
    metrics = Metrics()
    metrics.finished(Usage(5, 0, 0), Timings(0.0, None, 9.0), (FinishReason.ABORT,))
    assert samples(metrics)["trivium_queue_wait_seconds_count"] == 0


def test_clients_cannot_invent_label_values() -> None:
    metrics = Metrics()
    for method in ("BREW", "WHEN", "GET"):
        metrics.observe_http("/health", method, 405, 0.001)
    methods = re.findall(r'requests_total\{method="(\w+)"', metrics.render()[0].decode())
    assert sorted(methods) == ["GET", "OTHER"]


def test_two_services_in_one_process_do_not_share_series(metrics: Metrics) -> None:
    assert samples(Metrics())["trivium_prompt_tokens_total"] == 0


def test_alert_rules_use_series_that_exist() -> None:
    text = (DEPLOY / "alerts.yml").read_text(encoding="utf-8")
    names = set(re.findall(r"trivium_\w+", text))
    histograms = {
        name + part for name, kind, _ in SERIES if kind == "histogram" for part in ("_bucket", "_sum", "_count")
    }
    assert names
    assert names <= {name for name, _, _ in SERIES} | histograms


def promtool(*arguments: str, stdin: bytes = b"") -> str:
    """The problems that promtool finds, or nothing."""
    if PROMTOOL is None:
        pytest.skip("promtool is not installed (Debian package prometheus)")
    result = subprocess.run([PROMTOOL, *arguments], input=stdin, capture_output=True, cwd=DEPLOY, check=False)
    return result.stderr.decode() if result.stderr or not result.returncode else f"exit {result.returncode}"


def test_promtool_finds_no_problem(metrics: Metrics) -> None:
    assert promtool("check", "metrics", stdin=metrics.render()[0]) == ""


def test_promtool_accepts_the_prometheus_configuration() -> None:
    assert promtool("check", "config", "prometheus.yml") == ""
    assert promtool("check", "rules", "alerts.yml") == ""
