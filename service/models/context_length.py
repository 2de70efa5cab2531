"""The context length: how many tokens a sequence may have."""

from service.errors import EngineError


def choose_context_length(requested: int, default: int, longest: int) -> int:
    """The most tokens of prompt and output together: ``requested``, or the model's ``default`` for 0.

    Raises EngineError if ``requested`` exceeds the ``longest`` context that the model was made for.
    """
    if requested > longest:
        raise EngineError(f"max_model_len is {requested}, but the model's context is {longest} tokens")
    return requested or default
