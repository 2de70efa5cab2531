"""The outputs of the engine: tokens of sequences, and statistics of steps."""

from enum import StrEnum

from msgspec import Struct


class FinishReason(StrEnum):
    """Why a sequence ended."""

    STOP = "stop"  # a stop token was sampled, or the tasks found a stop string
    COMPLETE = "complete"  # the constraint allows nothing more; the last token is part of the text
    LENGTH = "length"  # max_tokens were generated
    ABORT = "abort"  # nobody wants it any more: its client has left, or its task has enough
    ERROR = "error"  # this sequence alone failed; `TokenOutput.error` and `error_kind` say why
    # The engine is told to abort these too. Metrics and the access log tell why.
    TIMEOUT = "timeout"  # a deadline of its request has passed
    DRAIN = "drain"  # the service stops


class ErrorKind(StrEnum):
    """Which error ended a sequence with ``FinishReason.ERROR``."""

    FAILED = "failed"  # the engine refused the sequence or failed to compute it
    CONSTRAINT = "constraint"  # a limit of its grammar was reached, or the grammar cannot be used
    RULED_OUT = "ruled_out"  # the parameters of the request rule out every token
    TOO_FEW = "too_few"  # a beam search has found fewer outputs than the request asks for
    POISON_PILL = "poison_pill"  # the engine process died each time the sequence was being computed


class TokenLogprob(Struct, frozen=True, array_like=True):
    """The natural log probability of one token, in the model's own distribution before bias and temperature."""

    token: int
    logprob: float
    top: tuple[tuple[int, float], ...] = ()  # the likeliest tokens with theirs, best first


class Hypothesis(Struct, frozen=True, array_like=True):
    """One result of a beam search."""

    tokens: tuple[int, ...]  # the whole output, with the stop token if it ends with one
    score: float  # the log probability of the tokens, divided by a power of their number: the length penalty
    finish: FinishReason = FinishReason.STOP  # or COMPLETE, or LENGTH


class TokenOutput(Struct, frozen=True, array_like=True, omit_defaults=True):
    """The output of one sequence in one step."""

    request_id: str
    token: int | None = None  # None: the sequence ended without a token (scoring, abort, error)
    logprob: TokenLogprob | None = None
    finish: FinishReason | None = None
    num_cached: int = 0  # first output only: prompt tokens that came from the prefix cache
    queue_time: float = 0.0  # first output only: seconds from arrival to the first step
    # First output only, one for each prompt token. The first token has none.
    prompt_logprobs: tuple[TokenLogprob | None, ...] = ()
    error: str = ""
    error_kind: ErrorKind = ErrorKind.FAILED  # meaningful only if finish is ERROR
    was_predicted: bool = False  # the token was proposed from the request's prediction, and accepted
    num_rejected: int = 0  # tokens of the prediction that were proposed in this step, and not accepted
    hypotheses: tuple[Hypothesis, ...] = ()  # last output of a beam search only: its results, best first


class StepStats(Struct, frozen=True, kw_only=True, array_like=True):
    """The size of one step, and the state of the engine after it."""

    step: int  # the number of steps so far, this one included
    seconds: float  # wall time of the step
    num_running: int
    num_waiting: int
    num_prefill_tokens: int  # prompt tokens, and tokens computed again, of this step
    num_decode_tokens: int  # chunks of one generated token; proposals behind them do not count
    num_preempted: int  # sequences preempted in this step
    cache_queried_tokens: int  # prompt tokens looked up in the prefix cache in this step
    cache_hit_tokens: int
    blocks_used: int  # blocks that a sequence references
    blocks_total: int
    num_proposed_tokens: int = 0  # tokens that the step computed in advance, as guesses
    num_accepted_tokens: int = 0  # those of them that turned out to be the sequence's tokens
    num_drafted_tokens: int = 0  # tokens that a draft model guessed for the step, whether the step computed them or not
    draft_seconds: float = 0.0  # wall time of the draft model, part of the step's time
    # Bytes of the GPU, in use by any process and in all; 0 without a GPU, and in steps that did not ask.
    device_memory_used: int = 0
    device_memory_total: int = 0

    @property
    def is_idle_report(self) -> bool:
        """Whether there was no step: the engine only says that it has nothing to do."""
        return not self.seconds


class StepOutput(Struct, frozen=True, array_like=True, tag="step"):
    """Event: a step is done, with the outputs of its sequences."""

    outputs: list[TokenOutput]
    stats: StepStats
