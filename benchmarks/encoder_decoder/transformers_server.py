"""A minimal server over transformers' ``generate``, so that it pays for HTTP as ours does.

    python -m benchmarks.encoder_decoder.transformers_server CHECKPOINT PORT THREADS

One thread calls ``generate`` for each request, one after another, in float32.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch
import uvicorn
from fastapi import FastAPI
from transformers import AutoModelForSeq2SeqLM

_END = 0  # the token that ends a sentence


def translate(model: Any, texts: list[str], beams: int, length: int) -> list[str]:
    """The translations of one padded batch. A text has one word for each token; a translation has ``length``."""
    tokens = [[*(int(word.removeprefix("t")) for word in text.split()), _END] for text in texts]
    longest, padding = max(map(len, tokens)), model.config.pad_token_id
    found = model.generate(
        input_ids=torch.tensor([[*each, *[padding] * (longest - len(each))] for each in tokens]),
        attention_mask=torch.tensor([[1] * len(each) + [0] * (longest - len(each)) for each in tokens]),
        num_beams=beams,
        do_sample=False,
        min_new_tokens=length,
        max_new_tokens=length,
    )
    return [" ".join(f"t{token}" for token in each[1:]) for each in found.tolist()]  # without the start token


def main() -> None:
    """Serve until the process is ended."""
    checkpoint, port, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    model = AutoModelForSeq2SeqLM.from_pretrained(checkpoint, dtype=torch.float32).eval()
    worker = ThreadPoolExecutor(1)
    app = FastAPI()

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/translate")
    def translate_one(body: dict[str, Any]) -> dict[str, str]:
        """``text`` has one word for each token, and so has the answer."""
        call = worker.submit(translate, model, [body["text"]], body["beams"], body["tokens"])
        return {"text": call.result()[0]}

    @app.post("/translate_batch")
    def translate_batch(body: dict[str, Any]) -> dict[str, list[str]]:
        """The same for many texts, as one batch."""
        return {"texts": worker.submit(translate, model, body["texts"], body["beams"], body["tokens"]).result()}

    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning")


if __name__ == "__main__":
    main()
