"""What the engine raises.

EngineError
├── RequestTooLarge     it can never fit: prompt + max_tokens against the context or the KV cache
├── UnsupportedModel    the model cannot be served exactly; the message says which part
└── EngineUnavailable   the engine process is loading, stopping or dead; `reason` is one of those words
"""


class EngineError(Exception):
    """Root of the engine's own errors."""


class RequestTooLarge(EngineError):
    """The request can never be served by this engine; the message holds both numbers."""


class UnsupportedModel(EngineError):
    """The model has a part that the engine would compute wrongly or not at all."""


class EngineUnavailable(EngineError):
    """There is no engine to serve the request now."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
