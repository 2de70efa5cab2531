"""The facts that a fake engine reports about itself."""

from typing import Any

from service.engine.protocol.engine_info import EngineInfo


def engine_info(**facts: Any) -> EngineInfo:
    """The EngineInfo of a small engine, with other ``facts`` where they are given."""
    usual: dict[str, Any] = {
        "vocab_size": 257,
        "max_model_len": 2048,
        "max_num_seqs": 8,
        "max_batch_tokens": 64,
        "prefill_chunk": 64,
        "block_size": 16,
        "num_blocks": 256,
        "device": "cpu",
        "dtype": "float32",
        "architecture": "Scripted",
        "backend": "torch",
        "quantization": "none",
        "kv_cache_dtype": "bfloat16",
        "prefix_caching": True,
        "weights_bytes": 0,
        "kv_cache_bytes": 0,
        "startup_seconds": {},
    }
    return EngineInfo(**(usual | facts))
