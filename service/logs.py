"""What the log looks like, and what it never holds at any level: prompts and outputs.

The words of an exception may quote what it tripped over. So an exception is written as its type and the places in the
code, wherever it stands: as ``exc_info``, among the arguments of a message, in what asyncio says of a task, at the end
of a process. Who knows that no client has a word in one, as nothing is served yet, logs ``str(error)``.
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

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName"}
_MOST_PLACES = 50  # of an exception, the innermost
_BARE = re.compile(r"[\w.,:/{}-]+", re.ASCII)


class PlainFormatter(logging.Formatter):
    """A line for people: time, level, logger, message, and whatever was passed as ``extra``.

    ``prompts``: exceptions may say what they have to say.
    """

    def __init__(self, *, prompts: bool = False) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S")
        self._prompts = prompts

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line, and those of its exception."""
        record.message = " ".join([self._message(record), *(_pair(*each) for each in self._extra(record).items())])
        record.asctime = self.formatTime(record, self.datefmt)
        lines = [self.formatMessage(record)]
        if record.exc_info:
            lines.append(self.formatException(record.exc_info))
        return "\n".join(lines)

    def formatException(self, ei: Any) -> str:
        """The types of an exception and of what led to it, with the places where each was raised."""
        return super().formatException(ei) if self._prompts or ei[1] is None else "\n".join(_outline(ei[1]))

    def _message(self, record: logging.LogRecord) -> str:
        if self._prompts:
            return record.getMessage()
        args: Any = record.args
        if isinstance(args, Mapping):
            args = {key: _discreet(value) for key, value in args.items()}
        elif args:
            args = tuple(map(_discreet, args))
        message = str(_discreet(record.msg))
        message = message % args if args else message
        # What asyncio adds in further lines is the repr of tasks and exceptions.
        return message.partition("\n")[0] if record.name == "asyncio" else message

    def _extra(self, record: logging.LogRecord) -> dict[str, Any]:
        extra = {key: value for key, value in vars(record).items() if key not in _STANDARD}
        return extra if self._prompts else {key: _discreet(value) for key, value in extra.items()}


class JsonFormatter(PlainFormatter):
    """One JSON object a line: time (UTC), level, logger, message, and whatever was passed as ``extra``."""

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
    """Send every logger's lines to stderr, through one formatter; and what nobody catches, unless ``prompts``."""
    formatter = {"()": JsonFormatter if as_json else PlainFormatter, "prompts": prompts}
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"ours": formatter},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "ours"}},
            "root": {"level": level.upper(), "handlers": ["stderr"]},
            # They log every request they make, at a level that means something else to us.
            "loggers": {name: {"level": "WARNING"} for name in ("httpx", "httpcore", "filelock", "asyncio")},
        }
    )
    if not prompts:
        sys.excepthook = _uncaught
        threading.excepthook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)
        sys.unraisablehook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)


def _uncaught(kind: type[BaseException], error: BaseException | None, places: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt | SystemExit):
        logger.critical("nobody caught an exception", exc_info=(kind, error or kind(), places))


def _outline(error: BaseException) -> Iterator[str]:
    """The first cause first."""
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in chain:
        chain.append(cause)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    for each in reversed(chain):
        parts = f" of {', '.join(map(_discreet, each.exceptions))}" if isinstance(each, BaseExceptionGroup) else ""
        yield f"{_discreet(each)}{parts}"
        for frame, line in list(traceback.walk_tb(each.__traceback__))[-_MOST_PLACES:]:
            yield f"  {frame.f_code.co_filename}:{line} {frame.f_code.co_qualname}"


def _discreet(value: Any) -> Any:
    """Of an exception its type, and what its number means if it is the system's; of anything else itself."""
    if not isinstance(value, BaseException):
        return value
    kind = type(value)
    name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    return f"{name} ({os.strerror(value.errno)})" if isinstance(value, OSError) and value.errno else name


def _pair(key: str, value: Any) -> str:
    text = str(value)
    return f"{key}={text if _BARE.fullmatch(text) else json.dumps(text, ensure_ascii=False)}"
