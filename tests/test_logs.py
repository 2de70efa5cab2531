"""The message of an exception is not in the log, however the exception gets there."""

import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from service.logs import JsonFormatter, PlainFormatter

ROOT = Path(__file__).parents[1]
SECRET = "the text of a client"


def failure() -> Exception:
    try:
        try:
            raise KeyError(SECRET)
        except KeyError as error:
            raise ValueError(SECRET) from error
    except ValueError as error:
        return error


def record(message: Any, *args: Any, name: str = "service.x", error: Any = None, **extra: Any) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error else None
    return logging.getLogger(name).makeRecord(name, logging.ERROR, "x.py", 1, message, args, info, extra=extra)


RECORDS = [
    record("it failed: %s", failure()),
    record("%(why)s", {"why": failure()}),
    record(failure()),
    record("it failed", error=failure()),
    record("it failed", error=ExceptionGroup(SECRET, [failure()])),
    record("it failed", cause=failure()),
    record(f"Task exception was never retrieved\nfuture: <Task exception={failure()!r}>", name="asyncio"),
]


@pytest.mark.parametrize("formatter", [PlainFormatter, JsonFormatter])
@pytest.mark.parametrize("line", RECORDS, ids=range(len(RECORDS)))
def test_the_message_of_an_exception_is_left_out(formatter: type[PlainFormatter], line: logging.LogRecord) -> None:
    assert SECRET not in formatter().format(line)
    assert SECRET in formatter(prompts=True).format(line)


def test_type_cause_and_places_are_logged() -> None:
    text = PlainFormatter().format(record("it failed", error=failure()))
    assert text.splitlines()[0].endswith("ERROR   service.x: it failed")
    kinds = [line for line in text.splitlines()[1:] if not line.startswith(" ")]
    assert kinds == ["KeyError", "ValueError"]
    assert f"{__file__}:" in text
    assert text.count(" failure") == 2


def test_the_text_of_an_error_number_is_logged() -> None:
    assert "FileNotFoundError (No such file or directory)" in PlainFormatter().format(
        record("%s", FileNotFoundError(2, SECRET, SECRET))
    )


def test_extra_values_are_on_the_line_and_cannot_start_a_new_one() -> None:
    line = record("request", status=200, caller="a\nb c", ids="x-1,y-2")
    assert PlainFormatter().format(line).endswith('request status=200 caller="a\\nb c" ids=x-1,y-2')
    assert json.loads(JsonFormatter().format(line))["caller"] == "a\nb c"


@pytest.mark.parametrize(
    "code",
    [
        f"raise ValueError({SECRET!r})",
        f"import threading\ndef fail(): raise ValueError({SECRET!r})\nthread = threading.Thread(target=fail)\n"
        "thread.start(); thread.join(); raise KeyError(0)",
        f"class A:\n def __del__(self): raise ValueError({SECRET!r})\nA()\nraise KeyError(0)",
    ],
    ids=["process", "thread", "finalizer"],
)
def test_uncaught_exceptions_are_logged_without_their_message(code: str) -> None:
    code = f"from service import logs\nlogs.configure('info', True)\n{code}"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert SECRET not in done.stderr
    assert json.loads(done.stderr.splitlines()[0])["exception"].startswith("ValueError")
