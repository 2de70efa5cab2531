"""The format of the log. The log contains no prompts and no outputs, at any level.

The message of an exception may quote the text that caused it. So an exception is logged as its type and its places in
the code, wherever it occurs: as ``exc_info``, among the arguments of a message, in asyncio's own messages, and when it
ends the process. Code that knows that an exception contains no text of a client, for instance before anything is
served, logs ``str(error)``.
"""

import json
import logging
import logging.config
import os
import re
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any

logger = logging.getLogger(__name__)

_STANDARD_ATTRIBUTES = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName"}
_MAX_FRAMES = 50  # of one exception: the innermost ones
_NEEDS_NO_QUOTES = re.compile(r"[\w.,:/{}-]+", re.ASCII)


class PlainFormatter(logging.Formatter):
    """A line for people: time, level, logger, message, and the values passed as ``extra``.

    ``prompts``: exceptions are logged with their messages, which may contain prompts and outputs.
    """

    def __init__(self, *, prompts: bool = False) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S")
        self._prompts = prompts

    def format(self, record: logging.LogRecord) -> str:
        """One line for the record, followed by the lines of its exception."""
        record.message = " ".join([self._message(record), *(_pair(*each) for each in self._extra(record).items())])
        record.asctime = self.formatTime(record, self.datefmt)
        lines = [self.formatMessage(record)]
        if record.exc_info:
            lines.append(self.formatException(record.exc_info))
        return "\n".join(lines)

    def formatException(self, ei: Any) -> str:
        """The type of the exception and of its causes, with the places where each was raised."""
        return super().formatException(ei) if self._prompts or ei[1] is None else "\n".join(_traceback_lines(ei[1]))

    def _message(self, record: logging.LogRecord) -> str:
        if self._prompts:
            return record.getMessage()
        args: Any = record.args
        if isinstance(args, Mapping):
            args = {key: _without_message(value) for key, value in args.items()}
        elif args:
            args = tuple(map(_without_message, args))
        message = str(_without_message(record.msg))
        message = message % args if args else message
        # asyncio adds lines with the repr of tasks and exceptions.
        return message.partition("\n")[0] if record.name == "asyncio" else message

    def _extra(self, record: logging.LogRecord) -> dict[str, Any]:
        extra = {key: value for key, value in vars(record).items() if key not in _STANDARD_ATTRIBUTES}
        return extra if self._prompts else {key: _without_message(value) for key, value in extra.items()}


class JsonFormatter(PlainFormatter):
    """One JSON object a line: time (UTC), level, logger, message, and the values passed as ``extra``."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._message(record),
        }
        line |= self._extra(record)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def configure(level: str, as_json: bool, prompts: bool = False) -> None:
    """Write the lines of all loggers to stderr through one formatter; also uncaught exceptions, unless ``prompts``."""
    formatter = {"()": JsonFormatter if as_json else PlainFormatter, "prompts": prompts}
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"ours": formatter},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "ours"}},
            "root": {"level": level.upper(), "handlers": ["stderr"]},
            # These loggers write one line for each of their requests, at level info.
            "loggers": {name: {"level": "WARNING"} for name in ("httpx", "httpcore", "filelock", "asyncio")},
        }
    )
    if not prompts:
        sys.excepthook = _log_uncaught
        threading.excepthook = lambda args: _log_uncaught(args.exc_type, args.exc_value, args.exc_traceback)
        sys.unraisablehook = lambda args: _log_uncaught(args.exc_type, args.exc_value, args.exc_traceback)


def _log_uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt | SystemExit):
        logger.critical("uncaught exception", exc_info=(kind, error or kind(), trace))


def _traceback_lines(error: BaseException) -> Iterator[str]:
    """Types and places of an exception and its causes, the first cause first, without their messages."""
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in chain:
        chain.append(cause)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    for each in reversed(chain):
        members = (
            f" of {', '.join(map(_without_message, each.exceptions))}" if isinstance(each, BaseExceptionGroup) else ""
        )
        yield f"{_without_message(each)}{members}"
        for frame, line in list(traceback.walk_tb(each.__traceback__))[-_MAX_FRAMES:]:
            yield f"  {frame.f_code.co_filename}:{line} {frame.f_code.co_qualname}"


def _without_message(value: Any) -> Any:
    """An exception as its type, with the text of its error number if it is an OSError; any other value unchanged."""
    if not isinstance(value, BaseException):
        return value
    kind = type(value)
    name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    return f"{name} ({os.strerror(value.errno)})" if isinstance(value, OSError) and value.errno else name


def _pair(key: str, value: Any) -> str:
    text = str(value)
    return f"{key}={text if _NEEDS_NO_QUOTES.fullmatch(text) else json.dumps(text, ensure_ascii=False)}"
