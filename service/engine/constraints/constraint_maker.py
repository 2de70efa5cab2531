"""Makes the constraints of sequences, and computes their masks beside the engine's steps."""

import os
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

from llguidance import LLMatcher, LLTokenizer

from service.engine.constraints.constraint import Constraint
from service.engine.constraints.grammar_constraint import GrammarConstraint
from service.engine.constraints.graph_constraint import GraphConstraint
from service.engine.constraints.transcript_constraint import TranscriptConstraint
from service.engine.protocol.grammar import Grammar
from service.engine.protocol.grammar_limits import parser_limits
from service.engine.protocol.request import Request
from service.engine.protocol.transcript_rules import TranscriptRules
from service.errors import EngineError
from service.freed_memory import return_freed_memory

_MOST_THREADS = 4


class ConstraintMaker:
    """Knows the texts of the model's tokens from the first request with a grammar on.

    With 152,000 tokens they take 108 MiB, which a service without grammars does not pay. To read them takes 1.4 s, with
    49,000 tokens 0.3 s. The library keeps the interpreter lock meanwhile, so the engine waits for it, whichever thread
    reads.
    """

    def __init__(self, model_path: str, vocab_size: int) -> None:
        self._num_threads = min(_MOST_THREADS, os.cpu_count() or 1)
        self._threads = ThreadPoolExecutor(self._num_threads, thread_name_prefix="constraints")
        self._read_tokenizer = partial(_read_tokenizer, Path(model_path) / "tokenizer.json", vocab_size)
        self._tokenizer: Future[LLTokenizer] | None = None  # it keeps an error too, so that no request reads again

    def make(self, request: Request) -> Constraint | None:
        """The constraint of a request, moved on by the tokens that it has generated already; None if it has none.

        A beam search begins again, whatever it has sent.
        The constraint of a grammar that cannot be used has failed from the start. Raises EngineError if there is no
        tokenizer that grammars can be used with.
        """
        params = request.params
        if params.constraint is None:
            return None
        generated = request.generated if params.beams is None else ()
        if isinstance(params.constraint, Grammar):
            if self._tokenizer is None:
                self._tokenizer = self._threads.submit(self._read_tokenizer)
            tokenizer = self._tokenizer.result()
            text = [token for token in generated if token not in params.stop_token_ids]
            make_matcher = partial(_make_matcher, tokenizer, params.constraint, text)
            return GrammarConstraint(
                make_matcher,
                params.stop_token_ids,
                end_token_ids=tokenizer.eos_tokens,
                has_canonical_tokens=tokenizer.is_canonical,
            )
        constraint: GraphConstraint | TranscriptConstraint
        if isinstance(params.constraint, TranscriptRules):
            constraint = TranscriptConstraint(params.constraint)
        else:
            constraint = GraphConstraint(params.constraint, params.stop_token_ids)
        for token in generated:
            constraint.advance(token)
        return constraint

    def prepare(self, constraints: Iterable[Constraint]) -> None:
        """Begin to compute the masks before the next tokens, in threads. Whoever uses a constraint waits for its own.

        The engine calls it before a forward pass, and only for what that step computes. So a queue holds no matchers,
        and a grammar that ends the process does it in a step that the crash record blames.
        """
        pending = [each for each in constraints if isinstance(each, GrammarConstraint) and each.needs_mask]
        for number in range(min(self._num_threads, len(pending))):
            part = pending[number :: self._num_threads]
            job = self._threads.submit(_compute_masks, part)
            for constraint in part:
                constraint.wait_for(job)


def _read_tokenizer(path: Path, vocab_size: int) -> LLTokenizer:
    try:
        return LLTokenizer(path.read_text(encoding="utf-8"), n_vocab=vocab_size)
    except (OSError, ValueError) as error:
        raise EngineError(f"the model has no tokenizer that grammars can be used with: {error}") from error
    finally:
        return_freed_memory()


def _make_matcher(tokenizer: LLTokenizer, grammar: Grammar, generated: list[int]) -> LLMatcher:
    matcher = LLMatcher(tokenizer, grammar.source, log_level=0, limits=parser_limits())
    matcher.consume_tokens(generated)
    return matcher


def _compute_masks(constraints: list[GrammarConstraint]) -> None:
    for constraint in constraints:
        constraint.compute_mask()
