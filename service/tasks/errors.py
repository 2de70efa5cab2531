"""What the tasks raise about a request. The message is meant for the client; `param` names the field to blame.

TaskError (a ValueError)
├── InvalidPrompt        empty or not text
├── UnknownToken         a token id outside the vocabulary
├── InvalidOption        an option that contradicts another one
├── PromptTooLong        prompt + max_tokens exceed the context or the KV cache; holds both numbers
├── ChatTemplateError    the model's chat template refused the messages
├── NoChatTemplate       messages were sent to a model that has no chat template
├── MalformedMarkup      XML that is not well-formed
├── UnknownLanguage      neither a language name nor a BCP-47 code
├── UnsupportedPair      languages that the model does not translate between
└── TooManySegments      more to translate than one request may have
"""

from collections.abc import Iterable


class TaskError(ValueError):
    """Root: the request is at fault, never the service."""

    def __init__(self, message: str, *, param: str | None = None) -> None:
        super().__init__(message)
        self.param = param


class InvalidPrompt(TaskError):
    """There is nothing to continue, or it is not text."""


class UnknownToken(TaskError):
    """The model has no such token."""


class InvalidOption(TaskError):
    """The option cannot be obeyed."""


class PromptTooLong(TaskError):
    """Prompt and output together can never fit.

    ``limit`` is the tokens one sequence may have; ``max_tokens`` is None where the client did not ask for a number and
    not even one token would fit.
    """

    def __init__(self, prompt_tokens: int, max_tokens: int | None, limit: int, *, param: str | None = None) -> None:
        asked = "no room for output" if max_tokens is None else f"{max_tokens} for the output"
        super().__init__(
            f"This model takes at most {limit} tokens, but {prompt_tokens} are in the prompt and {asked}.", param=param
        )
        self.prompt_tokens = prompt_tokens
        self.max_tokens = max_tokens
        self.limit = limit


class ChatTemplateError(TaskError):
    """The chat template raised; the message is the template's own, or says no more than that."""


class NoChatTemplate(TaskError):
    """The model was never taught to chat."""


class MalformedMarkup(TaskError):
    """The text is not what its format says. ``line`` and ``column`` begin at 1."""

    def __init__(self, reason: str, line: int, column: int, *, param: str | None = None) -> None:
        super().__init__(f"The text is not well-formed: {reason} at line {line}, column {column}.", param=param)
        self.line = line
        self.column = column


class UnknownLanguage(TaskError):
    """The name or code stands for no language."""

    def __init__(self, name: str, *, param: str | None = None) -> None:
        super().__init__(
            "Unknown language. Use a name such as 'English' or a BCP-47 code such as 'en' or 'zh-CN'.",
            param=param,
        )
        self.name = name


class UnsupportedPair(TaskError):
    """The model does not translate to or from ``name``; between ``codes``, any to any, it does."""

    def __init__(self, name: str, codes: Iterable[str], *, param: str | None = None) -> None:
        message = f"This model does not translate to or from {name}. It translates any to any of {', '.join(codes)}."
        super().__init__(message, param=param)


class TooManySegments(TaskError):
    """The texts have too many sentences together."""

    def __init__(self, limit: int, *, param: str | None = None) -> None:
        super().__init__(f"The texts have more than {limit} segments to translate, which is the limit.", param=param)
        self.limit = limit
