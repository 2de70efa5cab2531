"""The configuration of a model: where it is, and how it is loaded."""

from msgspec import Struct


class ModelConfig(Struct, frozen=True, kw_only=True):
    """How to load a model. It has no defaults: ``service.settings`` owns them."""

    model_path: str  # directory with config.json, *.safetensors, tokenizer.json
    device: str  # auto | cpu | cuda | cuda:N
    dtype: str  # auto | bfloat16 | float16 | float32; auto is the checkpoint's, where the device computes it fast
    max_model_len: int  # the most tokens of prompt and output together; 0: the model's default
    block_size: int  # tokens in one KV block; 0: chosen by device and model
    tensor_parallel: int  # processes that compute the model together, each on a device of its own; 1: this one alone
    threads: int  # CPU threads that compute; 0: one for each core
    native_kernels: bool  # CPU: compute with the compiled kernels where they are available
    quantization: str  # auto | none | int8 | int4; the last two: CPU, by the compiled kernels
    kv_cache_dtype: str  # auto | int8; int8 by the compiled kernels, auto is the model's own type
    deterministic: bool  # refuse to start if a row's bits may depend on the other rows
