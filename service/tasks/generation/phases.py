"""The phases of a completion as spans: the wait in the queue, the prompt, and the output."""

from service.tasks.generation.usage import Timings, Usage
from service.traces.span import Span, record


def record_phases(span: Span, started: float, timings: Timings, usage: Usage) -> None:
    """Tell of a completion that has ended, as parts of ``span``. ``started`` is its time by ``time.monotonic``.

    A completion without a token has no decode phase, and one that never left the queue has nothing but the queue. Where
    there are several sequences, the phases follow the first token of any, as the timings do.
    """
    end = started + timings.total_seconds
    prompt = {"trivium.prompt_tokens": usage.prompt_tokens, "trivium.cached_tokens": usage.cached_tokens}
    if timings.ttft_seconds is None and not timings.queue_seconds:
        record(span, "queue", started, end)
        return
    begun = started + timings.queue_seconds
    record(span, "queue", started, begun)
    if timings.ttft_seconds is None:
        record(span, "prefill", begun, end, prompt)
        return
    first = started + timings.ttft_seconds
    record(span, "prefill", begun, first, prompt)
    record(span, "decode", first, end, {"trivium.generated_tokens": usage.completion_tokens})
