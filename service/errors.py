"""All errors that ``service`` raises on purpose, in one tree. ``model_store`` has a tree of its own.

ServiceError
├── SettingsError              a setting is wrong
├── ListenError                the service cannot listen on its address
├── StorageError               a directory in which things are kept cannot be used
├── KeyFileError               the key file cannot be read, written or understood
├── KeyRefused                 a secret is not accepted
│   ├── UnknownKey             no key has this secret
│   └── ExpiredKey             the key with this secret has expired
├── TranslationFailed          trivium translate has no translation
├── ModelNotServed             no served model has this name, or none can do the task
├── IncapableModel             the model of this name cannot do the task
├── ProcessError               a child process, or what it computes, failed
│   ├── ProcessUnavailable     the process is loading, restarting, stopping or dead
│   │   ├── ProcessLost        the process was given up with the request in it
│   │   └── ModelUnavailable   the model is loading, unloading, unloaded or failed, or there is no memory for it
│   ├── PoisonPill             the request crashed the process each time it was computed
│   ├── UnsupportedModel       the model cannot be served exactly
│   ├── UnsupportedAdapter     the adapter cannot be served exactly
│   └── EngineError            the engine refused a setting or a request, or failed to compute it
│       ├── UnknownAdapter     no adapter with this name is loaded
│       ├── AdapterInUse       the name of the adapter is taken, or a request still uses the adapter
│       ├── RequestTooLarge    prompt and max_tokens exceed the context length or the KV cache
│       ├── OutOfMemory        a step needs more memory than there is; a smaller step may succeed
│       └── DeviceLost         the device computes nothing more for this process
└── TaskError                  the client's request is at fault; also a ValueError
    ├── InvalidPrompt          the prompt is empty or not text
    ├── UnknownToken           a token id is outside the vocabulary
    ├── InvalidOption          an option contradicts another one
    ├── PromptTooLong          prompt and max_tokens exceed the context length or the KV cache
    ├── InputTooLong           a text or a pair of texts has more tokens than the encoder takes
    ├── ChatTemplateError      the model's chat template refused the messages
    ├── NoChatTemplate         messages were sent to a model that has no chat template
    ├── MalformedMarkup        XML that is not well-formed
    ├── MalformedFile          bytes that are not a file of their format
    ├── UnknownFileFormat      a file in a format that is not read
    ├── UnknownLanguage        neither a language name nor a BCP-47 code
    ├── UnsupportedPair        languages that the model does not translate between
    ├── UnservedPair           languages that no served model translates between
    ├── TooManySegments        more segments to translate than one request may have
    ├── StoreFull              no more files, batches, documents or glossaries can be kept
    ├── UnknownGlossary        the key has no such glossary, or the glossary no such dictionary
    └── FileInUse              a batch still reads the file

``service.api.errors`` maps them to answers. Exceptions that steer only one module stay in that module.
"""

from collections.abc import Iterable, Sequence


class ServiceError(Exception):
    """Root of all errors of the service."""


class SettingsError(ServiceError):
    """A setting is wrong. The message is one line that names the setting, the reason, and the source of the value."""


class ListenError(ServiceError):
    """The service cannot listen on its address. The message is one line: address, port, the reason, and what to do."""


class StorageError(ServiceError):
    """The directory of files and batches cannot be used. The message is one line for the operator."""


class KeyFileError(ServiceError):
    """The message is one line for the operator: it names the file and what is wrong, and holds no secret."""


class KeyRefused(ServiceError):
    """Root of the errors of secrets that are not accepted."""


class UnknownKey(KeyRefused):
    """No key has this secret, or the key was revoked."""


class ExpiredKey(KeyRefused):
    """The secret is right, but the key has expired."""


class ModelNotServed(ServiceError):
    """No served model has the name, or without a name no served model can do the task.

    ``task`` is a verb, or None for a request that is for no task; ``able`` are the names of the models that can do it.
    """

    def __init__(self, task: str | None, able: Sequence[str]) -> None:
        if task and not able:
            message = f"No model that is served here can {task}"
        else:
            purpose = f" that can {task}" if task else ""
            message = f"No model of this name is served here. Models{purpose}: {', '.join(able) or 'none'}"
        super().__init__(message)


class IncapableModel(ServiceError):
    """The model cannot do the task, which is a verb. ``able`` are the names of the models that can."""

    def __init__(self, model: str, task: str, able: Sequence[str]) -> None:
        super().__init__(f"The model {model} cannot {task}. Models that can: {', '.join(able) or 'none'}")


class ProcessError(ServiceError):
    """Root of the errors of child processes: the engine and the reader."""


class ProcessUnavailable(ProcessError):
    """The process cannot serve a request now. ``reason`` is its status: loading, restarting, stopping or dead."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class ProcessLost(ProcessUnavailable):
    """The process had the request, died, and is not started again."""


class ModelUnavailable(ProcessUnavailable):
    """The model cannot be used now. ``reason`` is its state, or "no_memory"."""


class PoisonPill(ProcessError):
    """The request crashes the process that computes it. Other requests are served without it."""

    def __init__(self) -> None:
        super().__init__("the process died each time this request was being computed, so it is not tried again")


class UnsupportedModel(ProcessError):
    """The model has a part that would be computed wrongly or not at all. The message names the part."""


class UnsupportedAdapter(ProcessError):
    """The adapter has a part that would be computed wrongly or not at all. The message names the field or tensor."""


class EngineError(ProcessError):
    """Root of the engine's own errors."""


class UnknownAdapter(EngineError):
    """No adapter with this name is loaded."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no adapter {name!r} is loaded")


class AdapterInUse(EngineError):
    """The name of the adapter is taken, or a request still uses the adapter."""


class RequestTooLarge(EngineError):
    """The engine can never serve the request. The message holds both numbers."""


class OutOfMemory(EngineError):
    """An allocation failed inside a step. Nothing of the step counts."""


class DeviceLost(EngineError):
    """After this error every call on the device fails: the process must end, and a new one must replace it."""


class TaskError(ServiceError, ValueError):
    """Root of the errors that the client can correct. The message is meant for the client.

    ``param`` is the name of the field that is wrong, if one can be named.
    """

    def __init__(self, message: str, *, param: str | None = None) -> None:
        super().__init__(message)
        self.param = param


class InvalidPrompt(TaskError):
    """The prompt is empty, or it is not text."""


class UnknownToken(TaskError):
    """The model has no such token."""


class InvalidOption(TaskError):
    """The option cannot be obeyed."""


class PromptTooLong(TaskError):
    """Prompt and output together can never fit.

    ``limit`` is the number of tokens that one sequence may have. ``max_tokens`` is None if the client did not set it
    and not even one token would fit.
    """

    def __init__(self, prompt_tokens: int, max_tokens: int | None, limit: int, *, param: str | None = None) -> None:
        output = "no room for output" if max_tokens is None else f"{max_tokens} for the output"
        super().__init__(
            f"This model takes at most {limit} tokens, but {prompt_tokens} are in the prompt and {output}.", param=param
        )
        self.prompt_tokens = prompt_tokens
        self.max_tokens = max_tokens
        self.limit = limit


class InputTooLong(TaskError):
    """The encoder takes fewer tokens. ``index`` is that of the text or pair in its request."""

    def __init__(self, index: int, tokens: int, limit: int, *, param: str | None = None) -> None:
        super().__init__(
            f"This model takes at most {limit} tokens, but input {index} has {tokens}. Shorten it, or truncate it.",
            param=param,
        )
        self.index = index
        self.tokens = tokens
        self.limit = limit


class ChatTemplateError(TaskError):
    """The chat template raised. The message is the template's own, or says only that it raised."""


class NoChatTemplate(TaskError):
    """The model has no chat template."""


class MalformedMarkup(TaskError):
    """The text is not valid in its format. ``line`` and ``column`` begin at 1."""

    def __init__(self, reason: str, line: int, column: int, *, param: str | None = None) -> None:
        super().__init__(f"The text is not well-formed: {reason} at line {line}, column {column}.", param=param)
        self.line = line
        self.column = column


class MalformedFile(TaskError):
    """The bytes are not a file of their format. ``reason`` continues the sentence and says what is wrong."""

    def __init__(self, reason: str, *, param: str | None = "file") -> None:
        super().__init__(f"The file cannot be read: {reason}.", param=param)


class UnknownFileFormat(TaskError):
    """The format of a file is none of the ``known`` ones. The message does not repeat what the client has sent."""

    def __init__(self, known: Sequence[str], *, param: str | None = "file") -> None:
        super().__init__(f"Files of this format are not read; known are {', '.join(known)}.", param=param)


class UnknownLanguage(TaskError):
    """No language has this name or code."""

    def __init__(self, name: str, *, param: str | None = None) -> None:
        super().__init__(
            "Unknown language. Use a name such as 'English' or a BCP-47 code such as 'en' or 'zh-CN'.",
            param=param,
        )
        self.name = name


class UnsupportedPair(TaskError):
    """The model does not translate to or from the language ``name``.

    It translates between any two of ``codes``, or only from some of ``sources`` to ``codes``.
    """

    def __init__(
        self, name: str, codes: Iterable[str], *, sources: Iterable[str] | None = None, param: str | None = None
    ) -> None:
        read = "any" if sources is None else ", ".join(sources) or "any language"
        written = f"any of {', '.join(codes)}" if sources is None else ", ".join(codes)
        message = f"This model does not translate to or from {name}. It translates {read} to {written}."
        super().__init__(message, param=param)


class UnservedPair(TaskError):
    """No served model translates from ``source`` to ``target``. They can go through any of ``pivots``, if asked to."""

    def __init__(self, source: str, target: str, pivots: Sequence[str], *, param: str | None = None) -> None:
        message = f"No served model translates from {source} to {target}."
        if pivots:
            message += f" The field `pivot` of /v1/translate can name a language between them: {', '.join(pivots)}."
        super().__init__(message, param=param)


class TooManySegments(TaskError):
    """The texts have too many sentences together."""

    def __init__(self, limit: int, *, param: str | None = None) -> None:
        super().__init__(f"The texts have more than {limit} segments to translate, which is the limit.", param=param)
        self.limit = limit


class StoreFull(TaskError):
    """No more files, batches or glossaries can be kept. The message names the limit."""


class UnknownGlossary(TaskError):
    """The key has no such glossary, or the glossary has no such dictionary."""


class FileInUse(TaskError):
    """A batch that has not ended still reads the file."""


class TranslationFailed(ServiceError):
    """``trivium translate`` has no translation. The message is that of the service, or says why it is not reached."""


def first_line(error: Exception) -> str:
    """The first line of the error's message, or the name of its type if it has none."""
    return str(error).strip().split("\n")[0] or type(error).__name__
