"""Beam search as an algorithm: from the candidates of each step to the next beams, and to the hypotheses that are kept.

It finds what ``generate`` of transformers finds (the rules of its release 5.23, which differ from those of other
libraries), with numbers in float32 as there. In each step:

- The candidates are continuations of all live beams. Among the best ``num_candidates`` of them are enough that do not
  end, however many stop tokens there are.
- Those of the best ``num_beams`` candidates that end become hypotheses, with their log probability divided by a power
  of their length as score. The best ``num_beams`` hypotheses of all steps are kept.
- A candidate also ends if its constraint lets nothing follow, without a stop token, as in sequences without beams.
- The best ``num_beams`` of those that do not end are the next live beams.

Impossible candidates (with a log probability of -inf) are none here. So there may be fewer beams and fewer hypotheses,
where transformers would fill up the places with repetitions.
"""

from collections.abc import Callable, Iterable
from collections.abc import Sequence as Tokens
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from service.engine.protocol.outputs import FinishReason, Hypothesis
from service.engine.protocol.sampling_params import SamplingParams


class Candidates(NamedTuple):
    """The best continuations of one beam by a token, best first: k tokens that are possible."""

    tokens: NDArray[np.int64]  # [k]
    logprobs: NDArray[np.float32]  # [k], after the model's log-softmax and all adjustments


class Child(NamedTuple):
    """A live beam: the beam of the step before that it continues, by its number, and the token behind it."""

    parent: int
    token: int


class _Path(Struct, frozen=True, eq=False):
    """The tokens of a beam as a list from its end to its beginning, which beams share."""

    token: int
    before: "_Path | None"
    length: int


class _Beam(NamedTuple):
    path: _Path | None  # None: no token yet
    score: np.float32  # a beam's log probability; divided by its length's power if the beam has ended
    finish: FinishReason | None = None  # why it has ended


def num_candidates(params: SamplingParams) -> int:
    """How many candidates of each live beam the search wants to see."""
    assert params.beams is not None
    return max(2, 1 + len(params.stop_token_ids)) * params.beams.num_beams


class BeamSearch:
    """The state of one search: its live beams, and the hypotheses so far."""

    def __init__(self, params: SamplingParams) -> None:
        """``params`` has ``beams``, and at least 1 for ``max_tokens``. At first there is one live beam."""
        assert params.beams is not None
        self._beams = params.beams
        self._stop_tokens = frozenset(params.stop_token_ids)
        self._max_tokens = params.max_tokens
        self._num_candidates = num_candidates(params)
        self._length = 0  # generated tokens of each live beam
        self._live = [_Beam(None, np.float32(0))]
        self._ended: list[_Beam] = []  # best first
        self._agreed: _Path | None = None
        self.is_done = False

    @property
    def num_live(self) -> int:
        """How many beams the next step has to continue."""
        return len(self._live)

    def advance(
        self, candidates: Tokens[Candidates], is_complete: Callable[[Child], bool] = lambda _: False
    ) -> list[Child]:
        """Go on by one token. ``candidates`` are those of each live beam, in order: ``num_candidates`` if possible.

        ``is_complete`` says whether nothing may follow a child.
        Returns the next live beams, best first: at most ``num_beams``, and none once the search is done.
        """
        self._length += 1
        is_last = self._length >= self._max_tokens
        before, self._live = self._live, []
        if is_last and (end := self._beams.forced_end) is not None:  # it is certain, as in transformers
            candidates = [Candidates(np.array([end]), np.zeros(1, np.float32))] * len(before)
        children: list[Child] = []
        for rank, (parent, token, score) in enumerate(self._best(before, candidates)):
            may_end, may_live = rank < self._beams.num_beams, len(children) < self._beams.num_beams
            if not may_end and not may_live:
                break
            path, child, finish = _Path(token, before[parent].path, self._length), Child(parent, token), None
            if token in self._stop_tokens:
                finish = FinishReason.STOP
            elif is_complete(child):
                finish = FinishReason.COMPLETE
            elif is_last:
                finish = FinishReason.LENGTH
            if finish is None and may_live:
                self._live.append(_Beam(path, score))
                children.append(child)
            elif finish is not None and may_end:
                self._ended.append(_Beam(path, score / self._divisor(self._length), finish))
        self._ended.sort(key=lambda beam: -beam.score)  # of equal ones the earlier stays first
        del self._ended[self._beams.num_beams :]
        self.is_done = not self._goes_on()
        if self.is_done:
            self._live, children = [], []
        self._agreed = _common_beginning([beam.path for beam in (*self._live, *self._ended[:1])])
        return children

    def agreed(self, begin: int) -> list[int]:
        """The tokens from number ``begin`` on of which it is certain that the best hypothesis will have them.

        All live beams begin with them, and so does the best hypothesis so far, for one of these is the best in the end.
        """
        return _tokens(self._agreed, begin)

    def hypotheses(self) -> list[Hypothesis]:
        """The best hypotheses so far with their scores, best first: ``num_return`` of them, if there are as many."""
        kept = self._ended[: self._beams.num_return]
        return [
            Hypothesis(tuple(_tokens(beam.path, 0)), float(beam.score), beam.finish or FinishReason.STOP)
            for beam in kept
        ]

    def _best(self, live: list[_Beam], candidates: Tokens[Candidates]) -> Iterable[tuple[int, int, np.float32]]:
        """The best candidates of all beams: parent, token and log probability. Of equal ones the first comes first."""
        scores = np.concatenate([each.logprobs + beam.score for each, beam in zip(candidates, live, strict=True)])
        tokens = np.concatenate([each.tokens for each in candidates])
        parents = np.repeat(np.arange(len(live)), [len(each.tokens) for each in candidates])
        order = np.argsort(-scores, kind="stable")[: self._num_candidates]
        return zip(parents[order].tolist(), tokens[order].tolist(), scores[order], strict=True)

    def _goes_on(self) -> bool:
        if not self._live:
            return False
        if len(self._ended) < self._beams.num_beams:
            return True
        if self._beams.early_stopping is True:
            return False
        looks_ahead = self._beams.early_stopping == "never" and self._beams.length_penalty > 0
        attainable = self._live[0].score / self._divisor(self._max_tokens if looks_ahead else self._length)
        return bool(attainable > self._ended[-1].score)

    def _divisor(self, length: int) -> np.float32:
        return np.float32((length + self._beams.num_forced) ** self._beams.length_penalty)


def _common_beginning(paths: list[_Path | None]) -> _Path | None:
    """The longest path with which all of ``paths`` begin."""
    ends = set(paths)
    while len(ends) > 1:
        longest = max(path.length if path else 0 for path in ends)
        ends = {path.before if path and path.length == longest else path for path in ends}
    return next(iter(ends), None)


def _tokens(path: _Path | None, begin: int) -> list[int]:
    """The tokens of a path from number ``begin`` on."""
    tokens = []
    while path is not None and path.length > begin:
        tokens.append(path.token)
        path = path.before
    return tokens[::-1]
