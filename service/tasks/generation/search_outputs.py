"""The outputs of a beam search as those of its choices: one request to the engine has all choices."""

from collections.abc import Iterator, Sequence

import msgspec

from service.engine.protocol.outputs import ErrorKind, FinishReason, TokenOutput


def outputs_of_choices(output: TokenOutput, ids: Sequence[str]) -> Iterator[TokenOutput]:
    """The outputs of all choices that come with ``output``, each with its own hypothesis in the last one.

    ``ids`` are those of the choices. The first is that of the request, whose tokens come while the engine searches. All
    tokens of the others come at the end. A choice for which the search has found nothing fails.
    """
    found = output.hypotheses
    yield msgspec.structs.replace(output, hypotheses=found[:1]) if found else output
    if output.finish is None:
        return
    for number, id in enumerate(ids[1:], 1):
        if not found:  # the request has failed, or was given up
            yield TokenOutput(id, finish=output.finish, error=output.error, error_kind=output.error_kind)
        elif number >= len(found):
            error = "the search has found fewer outputs"
            yield TokenOutput(id, finish=FinishReason.ERROR, error=error, error_kind=ErrorKind.TOO_FEW)
        else:
            *tokens, last = found[number].tokens
            yield from (TokenOutput(id, token) for token in tokens)
            yield TokenOutput(id, last, finish=found[number].finish, hypotheses=(found[number],))
