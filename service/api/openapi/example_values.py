"""Values that examples of several routes share."""

from service.api.responses.usage import (
    CompletionTokensDetails,
    PromptTokensDetails,
    ResponseTimings,
    ResponseUsage,
)

EXAMPLE_MODEL = "qwen2.5-coder-0.5b-instruct"
EXAMPLE_CREATED = 1763900000  # Unix seconds


def example_usage(prompt: int, completion: int) -> ResponseUsage:
    """The usage of these numbers of tokens."""
    return ResponseUsage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        total_tokens=prompt + completion,
        prompt_tokens_details=PromptTokensDetails(0),
        completion_tokens_details=CompletionTokensDetails(),
    )


def example_timings() -> ResponseTimings:
    """Plausible timings."""
    return ResponseTimings(queue_seconds=0.0004, ttft_seconds=0.061, total_seconds=0.43)
