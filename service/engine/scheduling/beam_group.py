"""A beam search in the scheduler: the sequences of its live beams, and the tokens that are sent.

One sequence leads the group. The scheduler queues, starts, preempts and finishes only this one. It computes the prompt;
then it is the best live beam, and the others join it, with blocks that they share as far as their tokens are the same.

A preempted group searches again from the prompt, and so does one that continues in another engine process. It finds the
same, and does not send again what was sent.
"""

from collections import Counter

import msgspec

from service.engine.constraints.constraint import Constraint
from service.engine.protocol.outputs import ErrorKind, FinishReason, TokenOutput
from service.engine.scheduling.beam_search import BeamSearch, Candidates, Child
from service.engine.scheduling.block_tables import BlockTables
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.step import NOTHING_POSSIBLE

DIFFERS = "the search had to begin again, and its numbers were different then: what was sent is no part of its results"


class BeamGroup:
    """The beams of one request, and its search."""

    def __init__(self, leader: Sequence) -> None:
        """``leader`` is a new sequence whose parameters have ``beams``."""
        self.leader = leader
        self.others: list[Sequence] = []  # the live beams behind the best one, which is the leader
        self._constraint = leader.constraint  # before the first token; beams fork theirs, so this one never moves on
        self._search = BeamSearch(leader.params)
        self._sent = list(leader.request.generated)
        self._repeats = bool(self._sent)  # whether a search before this one has sent tokens
        self.has_sent = False  # whether this engine process has sent a token

    @property
    def beams(self) -> list[Sequence]:
        """The live beams, best first. While the prompt is computed, the leader is the only one."""
        return [self.leader, *self.others]

    @property
    def has_forked(self) -> bool:
        """Whether the prompt is computed, so that the leader is a beam."""
        return self.leader.num_generated > 0

    def restart(self) -> list[Sequence]:
        """Search again from the prompt. Returns the beams that are dropped, which still have their blocks."""
        dropped, self.others = self.others, []
        self.leader.restart(self._constraint)
        self._search = BeamSearch(self.leader.params)
        self._repeats = bool(self._sent)
        return dropped

    def advance(self, candidates: list[Candidates | None], tables: BlockTables) -> list[TokenOutput]:
        """Go on by one token: ``candidates`` are those of each beam, all tokens of which are computed.

        Returns the tokens that are certain now, and at the end what is left of the best hypothesis.
        """
        constraints = _ChildConstraints(self.beams)
        known = [each for each in candidates if each is not None]
        children = self._search.advance(known, constraints.is_complete)
        if self._search.is_done:
            return self._last_outputs()
        self._fork(children, constraints, tables)
        if self._repeats and any(ours != sent for ours, sent in zip(self._search.agreed(0), self._sent, strict=False)):
            return []
        tokens = self._search.agreed(len(self._sent))
        self._sent += tokens
        self.has_sent = self.has_sent or bool(tokens)
        return [TokenOutput(self.leader.id, token) for token in tokens]

    def _fork(self, children: list[Child], constraints: "_ChildConstraints", tables: BlockTables) -> None:
        """Let the sequences be the live beams ``children``, whose parents are the beams so far."""
        before, num_computed = self.beams, self.leader.num_computed
        after = [*before, *(self._new_beam() for _ in children[len(before) :])][: len(children)]
        tables.fork(before, [child.parent for child in children], after)
        tokens = [beam.tokens for beam in before]
        num_children = Counter(child.parent for child in children)
        for beam, child in zip(after, children, strict=True):
            parent, token = child
            num_children[parent] -= 1
            own = list(tokens[parent]) if num_children[parent] else tokens[parent]  # the last child takes the list
            own.append(token)
            beam.continue_beam(own, num_computed, constraints.of(child))
        self.others = after[1:]

    def _new_beam(self) -> Sequence:
        leader = self.leader
        return Sequence(
            leader.request,
            adapter=leader.adapter,
            urgency=leader.urgency,
            source_table=leader.source_table,  # the leader's references are those of all
            num_encoded=leader.num_encoded,
        )

    def _last_outputs(self) -> list[TokenOutput]:
        """The rest of the best hypothesis, and all hypotheses that are returned."""
        name, params = self.leader.id, self.leader.params
        found = self._search.hypotheses()
        while found and self._repeats and list(found[0].tokens[: len(self._sent)]) != self._sent:
            del found[0]
        if not found:
            kind = ErrorKind.RULED_OUT if params.masks_tokens and not self._repeats else ErrorKind.FAILED
            error = DIFFERS if self._repeats else NOTHING_POSSIBLE
            return [TokenOutput(name, finish=FinishReason.ERROR, error=error, error_kind=kind)]
        rest: list[int | None] = list(found[0].tokens[len(self._sent) :])
        outputs = [TokenOutput(name, token) for token in rest or [None]]
        outputs[-1] = msgspec.structs.replace(outputs[-1], finish=found[0].finish, hypotheses=tuple(found))
        return outputs


class _ChildConstraints:
    """The constraints of the children of beams, each forked once."""

    def __init__(self, beams: list[Sequence]) -> None:
        self._parents = [beam.constraint for beam in beams]
        self._by_child: dict[Child, Constraint] = {}

    def of(self, child: Child) -> Constraint | None:
        """That of the child's parent, behind the child's token."""
        parent = self._parents[child.parent]
        if parent is None:
            return None
        if (constraint := self._by_child.get(child)) is None:
            constraint = self._by_child[child] = parent.fork()
            constraint.advance(child.token)
        return constraint

    def is_complete(self, child: Child) -> bool:
        constraint = self.of(child)
        return constraint is not None and constraint.is_complete
