"""Names of tokens where a client tells tokens apart by text, as in the log probabilities of ``/v1/completions``."""

from collections.abc import Sequence

from service.tasks.text.tokenizer import Tokenizer


def token_names(tokens: Sequence[int], tokenizer: Tokenizer) -> list[str]:
    """A name for each of some different tokens at one place, each name once.

    A token has its text. One that is a part of a character has its bytes, as OpenAI writes them (``bytes:\\xe4\\xbd``).
    A token without text, and one whose text an earlier token of the list has, has its id (``token_id:7``).
    """
    taken: dict[str, None] = {}
    for token in tokens:
        name = _name(tokenizer.token_bytes(token))
        taken[name if name and name not in taken else id_name(token)] = None
    return list(taken)


def ids_as_names(tokens: Sequence[int], tokenizer: Tokenizer) -> list[str]:
    """The same, but every token has its id."""
    return list(map(id_name, tokens))


def id_name(token: int) -> str:
    """The token by its id, as vLLM writes it."""
    return f"token_id:{token}"


def _name(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return "bytes:" + "".join(f"\\x{byte:02x}" for byte in data)
