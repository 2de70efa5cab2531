"""The engine's vocabulary: frozen messages that cross the process border as they are.

Every type here is a ``msgspec.Struct``: it is validated and encoded by msgspec, so there is one definition of each
message and no copy of it for the wire. Token ids are plain ints; times are seconds of the system-wide monotonic clock.
"""

from enum import StrEnum

from msgspec import Struct, field

from service.engine.protocol.token_graph import TokenGraph


class FinishReason(StrEnum):
    """Why a sequence ended."""

    STOP = "stop"  # a stop token was sampled, or the text side found a stop string
    LENGTH = "length"  # max_tokens were generated
    ABORT = "abort"  # nobody wants it any more
    ERROR = "error"  # it alone failed; `TokenOutput.error` and `error_kind` say why


class ErrorKind(StrEnum):
    """Which error ended a sequence with ``FinishReason.ERROR``."""

    FAILED = "failed"  # the engine refused the sequence or failed to compute it
    POISON_PILL = "poison_pill"  # the engine process died each time the sequence was being computed


class SamplingParams(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How one sequence is sampled. Values are validated at the edge; the engine trusts them.

    Order of application: the constraint, bias and penalties, then temperature, top_k, top_p, min_p, then the draw.
    """

    max_tokens: int  # >= 0; 0 computes the prompt and generates nothing (scoring)
    min_tokens: int = 0  # stop tokens are masked until so many were generated
    temperature: float = 1.0  # 0 is greedy
    top_k: int = 0  # 0 is off
    top_p: float = 1.0
    min_p: float = 0.0
    repetition_penalty: float = 1.0  # over prompt and output, divides or multiplies (CTRL, arXiv:1909.05858)
    presence_penalty: float = 0.0  # over the output, subtracted once
    frequency_penalty: float = 0.0  # over the output, subtracted per occurrence
    logit_bias: dict[int, float] = field(default_factory=dict)
    seed: int = 0  # with the position it keys every draw: same request, same tokens, in any batch
    stop_token_ids: tuple[int, ...] = ()  # end-of-sequence ids included, unless they are to be ignored
    logprobs: int | None = None  # None: none; k: the chosen token's and those of the k likeliest
    prompt_logprobs: int | None = None  # the same for each prompt token
    constraint: TokenGraph | None = None  # only its tokens may come; log probabilities are then among what it allows


class Request(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One sequence to be continued. n choices of one prompt are n requests; the prefix cache shares their prompt."""

    id: str
    prompt: tuple[int, ...]
    params: SamplingParams
    generated: tuple[int, ...] = ()  # tokens sampled in an earlier life; never sampled again
    priority: int = 0  # lower runs earlier
    arrival: float = 0.0  # monotonic seconds
    cache_salt: str = ""  # prefix-cache blocks are shared only under the same salt
    tenant: str = ""  # whom it is for: places are shared out fairly between tenants


class TokenLogprob(Struct, frozen=True, array_like=True):
    """Log probability (natural, of the model's own distribution before bias and temperature) of one token."""

    token: int
    logprob: float
    top: tuple[tuple[int, float], ...] = ()  # the likeliest tokens, best first


class TokenOutput(Struct, frozen=True, array_like=True, omit_defaults=True):
    """One step's news of one sequence."""

    request_id: str
    token: int | None = None  # None: it ended without a token (scoring, abort, error)
    logprob: TokenLogprob | None = None
    finish: FinishReason | None = None
    num_cached: int = 0  # first output only: prompt tokens that came from the prefix cache
    queue_time: float = 0.0  # first output only: seconds from arrival to the first step
    prompt_logprobs: tuple[
        TokenLogprob | None, ...
    ] = ()  # first output only, one for each prompt token; the first is None
    error: str = ""
    error_kind: ErrorKind = ErrorKind.FAILED  # meaningful only if finish is ERROR


class StepStats(Struct, frozen=True, kw_only=True, array_like=True):
    """What one step did and how the engine stands after it."""

    step: int  # counts steps; the engine's heartbeat
    seconds: float  # wall time of the step
    num_running: int
    num_waiting: int
    num_prefill_tokens: int  # prompt (or recomputed) tokens computed in this step
    num_decode_tokens: int
    num_preempted: int  # sequences preempted in this step
    cache_queried_tokens: int  # prompt tokens looked up in the prefix cache in this step
    cache_hit_tokens: int
    blocks_used: int  # blocks that a sequence holds
    blocks_total: int


class StepOutput(Struct, frozen=True, array_like=True, tag="step"):
    """Everything that one step has to tell."""

    outputs: list[TokenOutput]
    stats: StepStats


class EngineInfo(Struct, frozen=True, kw_only=True):
    """What the engine says of itself once it is ready."""

    vocab_size: int
    max_model_len: int
    max_num_seqs: int
    max_batch_tokens: int
    prefill_chunk: int
    block_size: int
    num_blocks: int
    device: str
    dtype: str
    architecture: str  # the model class
    backend: str  # what computes it: native or torch
    quantization: str
    prefix_caching: bool
    weights_bytes: int
    kv_cache_bytes: int
    startup_seconds: dict[str, float]  # phase -> seconds, in order

    @property
    def kv_tokens(self) -> int:
        """Tokens the KV cache holds."""
        return self.num_blocks * self.block_size
