"""What the engine raises.

EngineError
├── RequestTooLarge     it can never fit: prompt + max_tokens against the context or the KV cache
├── UnsupportedModel    the model cannot be served exactly; the message says which part
├── OutOfMemory         a step could not be computed for want of memory; a smaller one may be
├── DeviceLost          the device computes nothing more for this process
├── PoisonousRequest    it was being computed whenever the process died
└── EngineUnavailable   the engine process is loading, restarting, stopping or dead; `reason` is one of those words
"""

POISONOUS = "the process died each time this request was being computed, so it is not tried again"


class EngineError(Exception):
    """Root of the engine's own errors."""


class RequestTooLarge(EngineError):
    """The request can never be served by this engine; the message holds both numbers."""


class UnsupportedModel(EngineError):
    """The model has a part that the engine would compute wrongly or not at all."""


class OutOfMemory(EngineError):
    """An allocation failed inside a step, and nothing of the step counts."""


class DeviceLost(EngineError):
    """An error after which every call on the device fails: the process must end, and another one take over."""


class PoisonousRequest(EngineError):
    """The request ends the process that computes it; others are served without it."""

    def __init__(self) -> None:
        super().__init__(POISONOUS)


class EngineUnavailable(EngineError):
    """There is no engine to serve the request now."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def failure(error: str) -> EngineError:
    """What a sequence that ended with this error is to be told as."""
    return PoisonousRequest() if error == POISONOUS else EngineError(f"a sequence failed: {error}")
