"""Metrics in which every series has a value."""

import math

import pytest

from service.encoder.messages import BatchStats, EncoderInfo, Head
from service.engine.protocol.outputs import FinishReason, StepStats
from service.metrics import Metrics, ModelMetrics
from service.metrics.admission import AdmissionLevels
from service.outcomes import Outcome
from service.processes.observer import ProcessObserver
from service.tasks.generation.observer import CompletionObserver
from service.tasks.generation.usage import Timings, Usage
from service.tasks.translation import Flag, TranslationObserver
from tests.fakes.engine_info import engine_info

INFO = engine_info(
    architecture="Qwen2ForCausalLM",
    backend="native",
    num_blocks=32,
    startup_seconds={"weights": 1.5, "kv cache": 0.5},
    weights_bytes=8192,
    kv_cache_bytes=4096,
)
ENCODER = EncoderInfo(
    head=Head.SPAN,
    architecture="BertForQuestionAnswering",
    backend="torch",
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
    num_proposed_tokens=6, num_accepted_tokens=5, num_drafted_tokens=7, draft_seconds=0.125,
    device_memory_used=3000, device_memory_total=9000,
)  # fmt: skip
BATCH = BatchStats(seconds=0.25, inputs=3, tokens=900, waiting=2)


def run_generator(model: ModelMetrics) -> None:
    """The life of a model with an engine: one load, one crash, one step, one completion, one segment."""
    model.state("loading")
    model.loaded(2.0, memory=1000)
    model.engine.ready(INFO)
    engine: ProcessObserver = model.engine
    engine.process_died("frozen")
    engine.process_returned(2.5, replayed=7)
    model.engine.observe_step(STEP)
    model.admission(AdmissionLevels(2, 1024, 300, math.inf))
    model.adapters(["medicine", "law"])
    completions: CompletionObserver = model.completions
    completions.request_started("gen-1")
    completions.first_token(0.1)
    completions.token_gap(0.02)
    completions.finished(Usage(48, 2, 16), Timings(0.01, 0.1, 0.12, 0.03), (FinishReason.STOP, FinishReason.LENGTH))
    translations: TranslationObserver = model.translations
    translations.segment_translated((Flag.LENGTH, Flag.RETRIED), retried=True)


def run_encoder(model: ModelMetrics) -> None:
    """The life of a model with an encoder: one load, one crash, one batch."""
    model.state("loading")
    model.loaded(1.0, memory=500)
    model.encoder.ready(ENCODER)
    encoder: ProcessObserver = model.encoder
    encoder.process_died("deadlocked")
    encoder.process_returned(0.5, replayed=1)
    model.encoder.observe_batch(BATCH)


@pytest.fixture
def metrics() -> Metrics:
    """The metrics of a service with the models "chat" and "search", and a third that was unloaded."""
    metrics = Metrics()
    metrics.observe_http("/v1/generate", "POST", 200, 0.12, "chat")
    metrics.observe_request(Outcome.OK, "chat")
    metrics.key_refused("invalid_api_key")
    metrics.batches.batch_changed("completed")
    metrics.batches.line_ended(answered=True)
    metrics.documents.document_changed("done")
    metrics.documents.segments_translated(clean=2, flagged=1)
    run_generator(metrics.for_model("chat"))
    run_encoder(metrics.for_model("search"))
    run_encoder(metrics.for_model("spare"))
    metrics.for_model("spare").unloaded("idle")
    return metrics


def samples(metrics: Metrics) -> dict[str, float]:
    """``name{label="value"}`` to value, without buckets, and without the numbers of this process, which change."""
    lines = metrics.render()[0].decode().splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith(("#", "process_")) and "_bucket" not in line)
    return {name: float(value) for name, value in pairs}
