"""Records what a step has computed: the progress of sequences, their published blocks, their new tokens, a failure."""

import msgspec

from service.engine.protocol.outputs import ErrorKind, FinishReason, TokenOutput
from service.engine.scheduling.new_tokens import append_forced, append_sampled
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.sequence_blocks import SequenceBlocks
from service.engine.scheduling.step import NOTHING_POSSIBLE, Chunk, ChunkOutput


class Progress:
    """Commits the chunks of sequences. An output with a ``finish`` is a sequence's last one; the scheduler ends it."""

    def __init__(self, blocks: SequenceBlocks) -> None:
        self._blocks = blocks

    def commit(self, chunk: Chunk, output: ChunkOutput) -> list[TokenOutput]:
        """Record one chunk's output; empty if it is not the sequence's last chunk, so that there is no token yet.

        Tokens that the constraint forces are appended at once. The next step computes them together.
        """
        sequence = chunk.sequence
        if output.error and chunk.proposed:
            sequence.speculation = None  # the guesses may be the cause: the next step computes it without any
            return []
        if output.error:
            return [failure(sequence, output.error)]
        request = sequence.request
        is_first_output = len(sequence.tokens) == len(request.prompt) + len(request.generated)
        samples = self.advance(chunk, output)
        outputs = append_sampled(chunk, output) if samples else []
        self._blocks.publish(sequence)
        if not samples:
            return []
        if is_first_output:
            outputs[0] = first_output(sequence, outputs[0])
        if outputs[-1].finish is None and sequence.constraint is not None:
            outputs += append_forced(sequence, sequence.constraint)
        return outputs

    def advance(self, chunk: Chunk, output: ChunkOutput) -> bool:
        """Record what is computed of a chunk. Returns True if it is all that the sequence lacked."""
        sequence = chunk.sequence
        if chunk.num_source and output.num_tokens != 0:
            self._blocks.publish_source(sequence)
        if sequence.params.prompt_logprobs is not None:
            sequence.add_prompt_logprobs(chunk.start, output.prompt_logprobs)
        num_computed = chunk.num_tokens if output.num_tokens is None else output.num_tokens
        return sequence.advance(chunk.start + min(num_computed, chunk.num_known))


def first_output(sequence: Sequence, output: TokenOutput) -> TokenOutput:
    """The first output of a sequence, with the fields that only this one has."""
    return msgspec.structs.replace(
        output,
        num_cached=sequence.num_cached,
        queue_time=max(0.0, (sequence.start_time or 0.0) - sequence.request.arrival),
        prompt_logprobs=tuple(sequence.prompt_logprobs),
    )


def failure(sequence: Sequence, error: str) -> TokenOutput:
    """The last output of a sequence that failed. Its kind says whether its request is at fault."""
    ruled_out = error == NOTHING_POSSIBLE and sequence.params.masks_tokens
    kind = ErrorKind.RULED_OUT if ruled_out else ErrorKind.FAILED
    if sequence.constraint is not None and sequence.constraint.has_failed:
        kind = ErrorKind.CONSTRAINT
    return TokenOutput(sequence.id, finish=FinishReason.ERROR, error=error, error_kind=kind)
