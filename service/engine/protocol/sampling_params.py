"""The sampling parameters, which control how tokens are chosen."""

from msgspec import Struct, field

from service.engine.protocol.beam_params import BeamParams
from service.engine.protocol.forbidden_sequences import ForbiddenSequences
from service.engine.protocol.grammar import Grammar
from service.engine.protocol.token_graph import TokenGraph
from service.engine.protocol.transcript_rules import TranscriptRules


class SamplingParams(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The sampling parameters of one sequence. This is the only place where the engine defines a sampling parameter.

    Every default means that the parameter is off, so callers name only what they want. The API process validates the
    values; the engine trusts them. The parameters are applied in this order: constraint, bias and penalties,
    temperature, top_k, top_p, min_p, and then the draw. ``service/engine/sampling/sampler.py`` shows where.
    """

    max_tokens: int
    """The most tokens to generate. 0 computes the prompt and generates nothing, which is scoring."""

    min_tokens: int = 0
    """Stop tokens are masked until this many tokens were generated."""

    temperature: float = 1.0
    """Logits are divided by it. 0 is greedy: the best token is taken."""

    top_k: int = 0
    """Only the k best tokens are drawn from. 0 is off."""

    top_p: float = 1.0
    """Only the fewest best tokens with this share of the probability are drawn from. 1 is off."""

    min_p: float = 0.0
    """Only tokens with at least this share of the best token's probability are drawn from. 0 is off."""

    repetition_penalty: float = 1.0
    """Divides positive logits of the tokens in prompt and output, multiplies negative ones (CTRL, arXiv:1909.05858)."""

    presence_penalty: float = 0.0
    """Subtracted from the logit of each token of the output, once."""

    frequency_penalty: float = 0.0
    """Subtracted from the logit of each token of the output, once per occurrence."""

    logit_bias: dict[int, float] = field(default_factory=dict)
    """Added to the logits of these token ids."""

    allowed_token_ids: tuple[int, ...] = ()
    """Only these tokens are chosen. Empty: all."""

    forbidden: ForbiddenSequences | None = None
    """Token sequences that no token of the output completes, also where they begin in the prompt."""

    no_repeat_ngram_size: int = 0
    """No run of this many tokens occurs twice, those of the prompt included. 0 is off."""

    seed: int = 0
    """Together with the position it determines every draw: the same request gets the same tokens in any batch."""

    stop_token_ids: tuple[int, ...] = ()
    """Tokens that end the output. The model's end-of-sequence ids are among them, unless they are to be ignored."""

    logprobs: int | None = None
    """Log probabilities of each generated token and of this many likeliest tokens. None: no log probabilities."""

    prompt_logprobs: int | None = None
    """The same for each prompt token."""

    constraint: TokenGraph | Grammar | TranscriptRules | None = None
    """Only what it allows can be generated. Log probabilities are then relative to the allowed tokens."""

    beams: BeamParams | None = None
    """Search for the likeliest output with several beams, without any draw. None: one token after another is chosen.
    Constraint and adjustments change log probabilities then, not logits, as transformers has it."""

    @property
    def masks_tokens(self) -> bool:
        """Whether a parameter may rule out tokens altogether, and so all of them."""
        return bool(
            self.allowed_token_ids or self.forbidden or self.no_repeat_ngram_size or self.min_tokens or self.constraint
        )
