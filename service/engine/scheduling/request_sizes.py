"""Whether a request can ever be computed within the limits of the engine."""

from service.engine.protocol.request import Request
from service.engine.protocol.source import num_positions
from service.engine.scheduling.block_pool import BlockPool, num_blocks_for
from service.errors import EngineError, RequestTooLarge


def check_size(
    request: Request, pool: BlockPool, *, max_model_len: int, max_source_len: int, max_num_seqs: int
) -> None:
    """Raises RequestTooLarge if a request can never fit, and EngineError if its source and the model do not match."""
    prompt, output = len(request.prompt), request.params.max_tokens
    size = f"prompt ({prompt} tokens) + max_tokens ({output}) is {prompt + output} tokens"
    if prompt + output > max_model_len:
        raise RequestTooLarge(f"{size}, but the context is {max_model_len} tokens")
    source, block_size = num_positions(request.source), pool.block_size
    if bool(source) != bool(max_source_len):
        raise EngineError("the model has no encoder" if source else "the model needs a source for its encoder")
    if source > max_source_len:
        raise RequestTooLarge(f"the source has {source} tokens, but the encoder reads {max_source_len}")
    beams = request.params.beams if output else None
    if beams is not None and beams.num_beams > max_num_seqs:
        raise RequestTooLarge(f"the search has {beams.num_beams} beams, but {max_num_seqs} sequences run at once")
    blocks = num_blocks_for(prompt + output, block_size)
    if beams is not None:
        blocks = beams.most_blocks(prompt, output, block_size)
    if blocks + num_blocks_for(source, block_size) > pool.num_blocks:
        size += f" with a source of {source}" if source else ""
        size += f" in each of {beams.num_beams} beams" if beams is not None else ""
        raise RequestTooLarge(f"{size}, but the KV cache holds {pool.num_blocks * block_size} tokens")
