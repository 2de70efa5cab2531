"""Requests to vLLM."""

from tests.privacy.requests.bodies import PathAndBody, messages_with


def bodies(word: str) -> list[PathAndBody]:
    """Requests to vLLM, correct ones and wrong ones."""
    messages = messages_with(word)
    return [
        ("/tokenize", {"prompt": word, "return_token_strs": True}),
        ("/tokenize", {"messages": messages}),
        ("/detokenize", {"tokens": list(word.encode())}),
        ("/detokenize", {"tokens": [word]}),
    ]
