"""How many tokens a sequence may have."""

from service.errors import EngineError


def choose_context_length(asked: int, default: int, longest: int) -> int:
    """The most tokens of prompt and output together: ``asked``, or the model's ``default`` for 0.

    Raises EngineError when ``asked`` exceeds the ``longest`` context that the model was made for.
    """
    if asked > longest:
        raise EngineError(f"max_model_len is {asked}, but the model's context is {longest} tokens")
    return asked or default
