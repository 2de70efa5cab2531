"""A minimal server over CTranslate2, so that it pays for HTTP as ours does.

    python -m benchmarks.encoder_decoder.ctranslate2_server CONVERTED_MODEL PORT COMPUTE_TYPE THREADS each|batches

``each`` calls the translator for each request, as a plain FastAPI service does. ``batches`` collects what has come
while the last batch was computed, up to 64 sentences. The Python of the peer's own environment runs the module, so it
imports nothing of the project.
"""

import queue
import sys
import threading
from concurrent.futures import Future
from typing import Any

import ctranslate2
import uvicorn
from fastapi import FastAPI

_MOST = 64  # sentences of a batch


class Sentences:
    """Sentences that are translated one by one, or in batches of those that have come meanwhile."""

    def __init__(self, translator: Any, most: int) -> None:
        self._translator = translator
        self._most = most
        self._waiting: queue.Queue[tuple[list[str], int, int, Future[list[str]]]] = queue.Queue()
        if most > 1:
            threading.Thread(target=self._run, daemon=True).start()

    def translate(self, source: list[str], beams: int, length: int) -> list[str]:
        """The tokens of the best translation, which has ``length`` tokens."""
        if self._most == 1:
            return self._call([source], beams, length)[0]
        done: Future[list[str]] = Future()
        self._waiting.put((source, beams, length, done))
        return done.result()

    def _run(self) -> None:
        while True:
            batch = [self._waiting.get()]
            while len(batch) < self._most and not self._waiting.empty():
                batch.append(self._waiting.get())
            _, beams, length, _ = batch[0]
            for (*_, done), found in zip(batch, self._call([each[0] for each in batch], beams, length), strict=True):
                done.set_result(found)

    def _call(self, sources: list[list[str]], beams: int, length: int) -> list[list[str]]:
        results = self._translator.translate_batch(
            sources, beam_size=beams, min_decoding_length=length, max_decoding_length=length
        )
        return [result.hypotheses[0] for result in results]


def main() -> None:
    """Serve until the process is ended."""
    model, port, compute_type, threads, mode = sys.argv[1:]
    translator = ctranslate2.Translator(model, compute_type=compute_type, intra_threads=int(threads), inter_threads=1)
    sentences = Sentences(translator, 1 if mode == "each" else _MOST)
    app = FastAPI()

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/translate")
    def translate(body: dict[str, Any]) -> dict[str, str]:
        """``text`` has one word for each token, and so has the answer."""
        found = sentences.translate([*body["text"].split(), "</s>"], body["beams"], body["tokens"])
        return {"text": " ".join(found)}

    @app.post("/translate_batch")
    def translate_batch(body: dict[str, Any]) -> dict[str, list[str]]:
        """The same for many texts at once, in batches of ``batch`` sentences, similar lengths together."""
        results = translator.translate_batch(
            [[*text.split(), "</s>"] for text in body["texts"]],
            beam_size=body["beams"],
            min_decoding_length=body["tokens"],
            max_decoding_length=body["tokens"],
            max_batch_size=body["batch"],
        )
        return {"texts": [" ".join(result.hypotheses[0]) for result in results]}

    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning")


if __name__ == "__main__":
    main()
