"""Matchers are made, and masks are computed, in jobs of other threads. Whoever uses a constraint waits for its own."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from llguidance import LLMatcher, LLTokenizer

from service.engine.constraints.constraint_maker import ConstraintMaker
from service.engine.constraints.grammar_constraint import GrammarConstraint
from service.engine.protocol.grammar import Grammar
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.errors import EngineError
from tests.engine.tiny_models import tiny_model, tokenizer

STOP, SEVEN = (tokenizer().encode(text).ids[0] for text in ("<|im_end|>", "7"))
VOCAB_SIZE = tokenizer().get_vocab_size()
DIGITS = Grammar(LLMatcher.grammar_from_regex("[0-9]{2}"))


@pytest.fixture(scope="module")
def maker(tmp_path_factory: pytest.TempPathFactory) -> ConstraintMaker:
    return ConstraintMaker(str(tiny_model("llama", tmp_path_factory.mktemp("tiny"))), VOCAB_SIZE)


def make(maker: ConstraintMaker, grammar: Grammar, generated: str = "") -> GrammarConstraint:
    params = SamplingParams(max_tokens=9, constraint=grammar, stop_token_ids=(STOP,))
    ids = tuple(tokenizer().encode(generated).ids)
    constraint = maker.make(Request(id="a", prompt=(1,), params=params, generated=ids))
    assert isinstance(constraint, GrammarConstraint)
    return constraint


def allowed(constraint: GrammarConstraint) -> set[str]:
    mask = np.empty(VOCAB_SIZE, np.bool_)
    constraint.write_mask(mask)
    return {tokenizer().decode([token], skip_special_tokens=False) for token in np.flatnonzero(mask).tolist()}


def test_a_prepared_mask_is_that_of_its_place(maker: ConstraintMaker) -> None:
    constraints = [make(maker, DIGITS, text) for text in ("", "1", "12")]
    maker.prepare(constraints)
    assert not any(constraint.needs_mask for constraint in constraints)
    plain = [allowed(make(maker, DIGITS, text)) for text in ("", "1", "12")]
    assert [allowed(constraint) for constraint in constraints] == plain
    assert plain[2] == {"<|im_end|>"}
    for constraint in constraints[:2]:
        constraint.advance(SEVEN)
    assert constraints[0].needs_mask
    maker.prepare(constraints)
    assert [allowed(constraint) for constraint in constraints[:2]] == plain[1:]
    assert [constraint.is_complete for constraint in constraints] == [False, True, True]


def test_a_grammar_that_fails_disturbs_none_that_is_prepared_with_it(maker: ConstraintMaker) -> None:
    constraints = [make(maker, Grammar("no grammar") if number % 2 else DIGITS) for number in range(9)]
    maker.prepare(constraints)
    assert [constraint.has_failed for constraint in constraints] == [bool(number % 2) for number in range(9)]
    assert allowed(constraints[1]) == set()
    assert "7" in allowed(constraints[0])


def test_every_call_waits_for_the_job_and_survives_its_failure() -> None:
    tokens = LLTokenizer(tokenizer().to_str())
    go, made = Event(), []

    def make_matcher() -> LLMatcher:
        made.append(LLMatcher(tokens, DIGITS.source, log_level=0))
        return made[-1]

    def fail() -> None:
        go.wait()
        constraint.compute_mask()
        raise MemoryError

    constraint = GrammarConstraint(make_matcher, (STOP,), end_token_ids=[0], has_canonical_tokens=True)
    with ThreadPoolExecutor(2) as threads:
        constraint.wait_for(threads.submit(fail))
        caller = threads.submit(allowed, constraint)
        assert not made
        go.set()
        assert "7" in caller.result()
    assert len(made) == 1


def test_a_queue_holds_no_matchers(maker: ConstraintMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr("service.engine.constraints.constraint_maker.LLMatcher", lambda *_, **__: made.append(1))
    waiting = [make(maker, DIGITS) for _ in range(3)]
    assert all(constraint.needs_mask for constraint in waiting)
    assert made == []


def test_the_first_grammar_reads_the_tokenizer_and_no_later_one_does(tmp_path: Path) -> None:
    """The file appears after the start, and is gone after the first grammar."""
    maker = ConstraintMaker(str(tmp_path), VOCAB_SIZE)
    assert maker.make(Request(id="a", prompt=(1,), params=SamplingParams(max_tokens=9))) is None
    (tmp_path / "tokenizer.json").write_text(tokenizer().to_str(), encoding="utf-8")
    first = make(maker, DIGITS)
    (tmp_path / "tokenizer.json").unlink()
    assert allowed(make(maker, DIGITS)) == allowed(first)
    assert "7" in allowed(first)


def test_a_tokenizer_that_cannot_be_read_refuses_grammars_alone(tmp_path: Path) -> None:
    maker = ConstraintMaker(str(tmp_path), VOCAB_SIZE)
    assert maker.make(Request(id="a", prompt=(1,), params=SamplingParams(max_tokens=9))) is None
    for _ in range(2):
        with pytest.raises(EngineError, match="no tokenizer that grammars can be used with"):
            make(maker, DIGITS)
