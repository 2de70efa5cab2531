"""The programs that are measured: servers over HTTP, the encoder process alone, and sentence-transformers."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import aiohttp
import tokenizers

from benchmarks.embeddings.loads import Send
from service.encoder.client import EncoderClient
from service.encoder.messages import EncoderConfig, EncoderInput
from service.processes.restart_policy import RestartPolicy

_RIVAL_BATCH = 32  # sentence-transformers' own default
_START_SECONDS = 60.0
_ANSWER_SECONDS = 600.0


@asynccontextmanager
async def over_http(url: str, model: str, **fields: bool) -> AsyncIterator[Send]:
    """A server with OpenAI's embeddings at ``url``. ``fields`` are further fields of the body.

    The client is aiohttp's: with 64 connections, httpx's takes more processor time than the encoder.
    """
    connector, timeout = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(_ANSWER_SECONDS)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, raise_for_status=True) as http:

        async def send(texts: list[str]) -> None:
            body = {"model": model, "input": texts, "encoding_format": "base64", **fields}
            async with http.post(url, json=body) as response:
                answer = await response.json()
            assert len(answer["data"]) == len(texts)

        yield send


@asynccontextmanager
async def encoder_process(config: EncoderConfig) -> AsyncIterator[Send]:
    """The encoder process and its client, without HTTP. Texts are tokenized in this process."""
    client = EncoderClient(config, RestartPolicy(_START_SECONDS, 0))
    await client.start()
    tokenizer = tokenizers.Tokenizer.from_file(str(Path(config.model_path) / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(client.info.max_tokens)
    numbers = count()

    async def send(texts: list[str]) -> None:
        rows = tokenizer.encode_batch_fast(texts)
        inputs = [EncoderInput(tuple(row.ids), tuple(row.type_ids)) for row in rows]
        with client.encode(str(next(numbers)), inputs) as encoding:
            await encoding.outputs()

    try:
        yield send
    finally:
        await client.close()


@asynccontextmanager
async def sentence_transformers(path: str, threads: int) -> AsyncIterator[Send]:
    """``SentenceTransformer.encode`` in this process, with a thread for each client."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(path, device="cpu")
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(threads) as pool:

        async def send(texts: list[str]) -> None:
            await loop.run_in_executor(pool, lambda: model.encode(texts, batch_size=_RIVAL_BATCH))

        yield send
