"""The tokens that a step has given a sequence: sampled, guessed rightly, or forced by its constraint."""

from collections.abc import Iterator

import msgspec

from service.engine.constraints.constraint import Constraint
from service.engine.protocol.outputs import TokenLogprob, TokenOutput
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.step import Chunk, ChunkOutput


def append_sampled(chunk: Chunk, output: ChunkOutput) -> list[TokenOutput]:
    """Append the sampled token, and those behind proposals as far as all proposals before them were right."""
    sequence, proposed = chunk.sequence, chunk.proposed
    speculation = sequence.speculation
    is_prediction = bool(proposed) and speculation is not None and speculation.is_prediction
    outputs: list[TokenOutput] = []
    for number, (token, logprob) in enumerate(((output.token, output.logprob), *output.following)):
        if number:
            sequence.advance(sequence.num_tokens)  # the last token was a proposal, so it is computed
        if token is not None:
            sequence.append(token)
        finish = sequence.finish_reason()
        accepted = number < len(proposed) and token == proposed[number]
        outputs.append(TokenOutput(sequence.id, token, logprob, finish, was_predicted=is_prediction and accepted))
        if finish is not None or not accepted:
            break
    if is_prediction:
        rejected = len(proposed) - sum(each.was_predicted for each in outputs)
        outputs[-1] = msgspec.structs.replace(outputs[-1], num_rejected=rejected)
    if speculation is not None:
        speculation.observe([each.token for each in outputs if each.token is not None])
    return outputs


def append_forced(sequence: Sequence, constraint: Constraint) -> Iterator[TokenOutput]:
    """Append the tokens that the constraint forces. Each is the only one allowed, so its probability is 1."""
    for token in constraint.forced_tokens():
        sequence.append(token)
        num_top = sequence.params.logprobs
        logprob = None if num_top is None else TokenLogprob(token, 0.0, ((token, 0.0),)[:num_top])
        finish = sequence.finish_reason()
        yield TokenOutput(sequence.id, token, logprob, finish)
        if finish is not None:
            return
