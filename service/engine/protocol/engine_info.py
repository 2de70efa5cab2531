"""The facts about an engine that is ready."""

from service.engine.protocol.adapter_info import AdapterInfo
from service.processes.messages import ProcessInfo


class EngineInfo(ProcessInfo, frozen=True, kw_only=True):
    """The model, the sizes and the backend of an engine, as determined at its start."""

    vocab_size: int
    max_model_len: int  # most tokens of prompt and output together
    max_source_len: int = 0  # most positions of a source; 0: the model has no encoder
    max_num_seqs: int  # most sequences in one step
    max_batch_tokens: int  # token budget of one step
    prefill_chunk: int  # most prompt tokens of one sequence in one step
    block_size: int  # tokens
    num_blocks: int
    device: str
    dtype: str
    architecture: str  # the model class
    backend: str  # native or torch
    kernels: str = ""  # the build of the compiled kernels; empty: torch computes
    kernels_reason: str = ""  # why this build was chosen
    quantization: str
    kv_cache_dtype: str  # the number type of keys and values
    prefix_caching: bool
    weights_bytes: int
    kv_cache_bytes: int
    notes: tuple[str, ...] = ()  # about precision and speed, for the start-up report
    adapters: tuple[AdapterInfo, ...] = ()  # those of the configuration, loaded or failed

    @property
    def kv_tokens(self) -> int:
        """The tokens that the KV cache holds."""
        return self.num_blocks * self.block_size
