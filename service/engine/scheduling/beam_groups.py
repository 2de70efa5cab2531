"""The beam searches of a scheduler, by the sequences that lead them: their blocks, and what they have found."""

from service.engine.protocol.outputs import TokenOutput
from service.engine.scheduling.beam_group import BeamGroup
from service.engine.scheduling.progress import Progress, failure, first_output
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.sequence_blocks import SequenceBlocks
from service.engine.scheduling.step import Chunk, ChunkOutput, Step


class BeamGroups:
    """Holds the groups of all unfinished searches."""

    def __init__(self, blocks: SequenceBlocks, progress: Progress) -> None:
        self._blocks = blocks
        self._progress = progress
        self._by_leader: dict[Sequence, BeamGroup] = {}

    def add(self, sequence: Sequence) -> None:
        """Let a new sequence lead a group, if its request is a search."""
        if sequence.params.beams is not None and sequence.params.max_tokens:
            self._by_leader[sequence] = BeamGroup(sequence)

    def get(self, sequence: Sequence) -> BeamGroup | None:
        """The group that a sequence leads, if any."""
        return self._by_leader.get(sequence)

    def beams(self, sequence: Sequence) -> list[Sequence]:
        """The sequences that have blocks for the request of ``sequence``: itself, and the other beams of its search."""
        group = self._by_leader.get(sequence)
        return [sequence] if group is None else group.beams

    def grow(self, group: BeamGroup, step: Step) -> bool:
        """Give each beam a block of its own for its next token; ``step`` copies those that it shared.

        Returns False, and changes nothing, if too few blocks are free.
        """
        copies = self._blocks.tables.grow_beams(group.beams, group.leader.num_tokens)
        if copies is None:
            return False
        step.copies += copies
        return True

    def commit(self, group: BeamGroup, chunk: Chunk, outputs: list[ChunkOutput]) -> list[TokenOutput]:
        """Record the outputs of all beams; ``chunk`` is that of the leader. One that fails ends the request.

        If memory was short for some of them, the next step computes all once more.
        """
        leader = group.leader
        for error in (output.error for output in outputs if output.error):
            return [failure(leader, error)]
        if group.has_forked and any(output.num_tokens is not None for output in outputs):
            return []
        samples = self._progress.advance(chunk, outputs[0])
        for beam in group.others:
            beam.advance(beam.num_tokens)
        for beam in group.beams:
            self._blocks.publish(beam)
        if not samples:
            return []
        is_first_output = not group.has_sent
        committed = group.advance([output.candidates for output in outputs], self._blocks.tables)
        if committed and is_first_output:
            committed[0] = first_output(leader, committed[0])
        return committed

    def restart(self, sequence: Sequence) -> None:
        """If a sequence leads a group, release the blocks of the other beams, which are forgotten."""
        if (group := self._by_leader.get(sequence)) is not None:
            for beam in group.restart():
                self._blocks.tables.free(beam)

    def remove(self, sequence: Sequence) -> None:
        """Forget the group that a sequence leads, if any."""
        self._by_leader.pop(sequence, None)
