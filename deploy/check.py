"""check.py [BASE_URL]: use every task of a running service, and exit with 1 at the first wrong answer.

The script needs only Python's standard library.
"""

import json
import sys
import time
from collections.abc import Iterator
from http.client import HTTPResponse
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

BASE = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
_open = build_opener(ProxyHandler({})).open  # without a proxy, because the service is local


def call(path: str, body: dict[str, Any] | None = None) -> HTTPResponse:
    """The answer to a GET, or to a POST if there is a body. Raises HTTPError unless the status is 2xx."""
    data = None if body is None else json.dumps(body).encode()
    response: HTTPResponse = _open(Request(BASE + path, data, {"content-type": "application/json"}), timeout=300)
    return response


def events(response: HTTPResponse) -> Iterator[str]:
    """The data of each server-sent event."""
    for line in response:
        if line.startswith(b"data: "):
            yield line[6:].decode().strip()


def check(name: str, ok: bool, shown: object, started: float) -> None:
    """Print one line with the seconds since ``started``. Exits with 1 unless ``ok``."""
    sys.stdout.write(f"{'ok  ' if ok else 'FAIL'} {time.perf_counter() - started:6.2f} s  {name}: {shown}\n")
    sys.stdout.flush()
    if not ok:
        sys.exit(1)


def main() -> None:
    """Check readiness, each task, a stream and the metrics."""
    now = time.perf_counter
    started = now()
    check("ready", call("/health/ready").status == 200, BASE, started)

    started = now()
    answer = json.load(call("/v1/generate", {"prompt": "人工智能将改变世界", "max_length": 24}))
    check("generate", bool(answer["text"]), repr(answer["text"]), started)

    started = now()
    request = {"text": "Hello, how are you?", "source_lang": "en", "target_lang": "zh", "output_prefix": "你好"}
    answer = json.load(call("/v1/translate", request))
    check("translate", "你好" in json.dumps(answer, ensure_ascii=False), answer, started)

    started = now()
    request = {"question": "What is the capital of France?", "context": "Paris is the capital of France."}
    answer = json.load(call("/v1/answer", request))
    check("answer", "Paris" in json.dumps(answer), answer, started)

    started = now()
    chat = {
        "model": "any",
        "messages": [{"role": "user", "content": "Count to five."}],
        "max_tokens": 24,
        "stream": True,
    }
    chat["model"] = json.load(call("/v1/models"))["data"][0]["id"]
    got = list(events(call("/v1/chat/completions", chat)))
    text = "".join(choice["delta"].get("content", "") for event in got[:-1] for choice in json.loads(event)["choices"])
    check("stream", got[-1] == "[DONE]" and bool(text), f"{len(got)} events, {text!r}", started)

    started = now()
    lines = call("/metrics").read().decode().splitlines()
    found = [line for line in lines if line.startswith(("trivium_engine_up", "trivium_generated_tokens_total"))]
    up = any(line.startswith("trivium_engine_up") and line.endswith(" 1.0") for line in found)
    check("metrics", up, found, started)


if __name__ == "__main__":
    main()
