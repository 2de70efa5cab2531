"""The configuration of the engine process."""

from service.models.contracts.model_config import ModelConfig


class EngineConfig(ModelConfig, frozen=True, kw_only=True):
    """How to load the model and how to run it. It has no defaults: ``service.settings`` owns them.

    0 means that the engine chooses by device and memory.
    """

    max_num_seqs: int  # sequences in one step
    max_batch_tokens: int  # token budget of one step
    prefill_chunk: int  # most prompt tokens of one sequence in one step
    num_blocks: int  # KV blocks; overrides kv_cache_memory
    kv_cache_memory: int  # bytes for the KV cache
    gpu_memory_fraction: float  # CUDA: share of the device that weights, activations and KV may take
    prefix_caching: bool
    ageing_seconds: float  # seconds of waiting that make up for one step of priority
    target_itl_ms: float  # milliseconds that a step with decodes should take at most; 0: no target
    speculation: str  # off; ngram: tokens that repeat earlier ones are guessed where it pays; draft: by a model too
    draft_model_path: str  # directory of the draft model, as model_path; only with speculation "draft"
    draft_quantization: str  # that of the draft model: auto | none | int8
    cuda_graphs: bool  # CUDA: replay decode steps as graphs
    adapters: dict[str, str]  # name -> directory; loaded at the start
    log_level: str
    log_json: bool
    log_prompts: bool  # log the text of exceptions, which may quote clients
