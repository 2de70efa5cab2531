"""Requests to llama.cpp."""

from tests.privacy.echo_worker import RAISE
from tests.privacy.requests.bodies import PathAndBody, messages_with


def bodies(word: str) -> list[PathAndBody]:
    """Requests to llama.cpp, correct ones and wrong ones."""
    messages = messages_with(word)
    return [
        ("/apply-template", {"messages": messages, word: word}),
        ("/embedding", {"content": [word, word]}),
        ("/embedding", {"content": word, "embd_normalize": word}),
        ("/completion", {"prompt": word, "n_predict": 40, "stop": [f"z{word}"], word: word}),
        ("/completion", {"prompt": word, "n_predict": 40, "stream": True}),
        ("/completion", {"prompt": f"{RAISE} {word}", "n_predict": 40, "stream": True}),
        ("/infill", {"input_prefix": word, "input_suffix": word, "n_predict": 40, word: word}),
        ("/infill", {"input_prefix": word, "input_suffix": word, "input_extra": [{word: word}]}),
        ("/completion", {"prompt": f"{RAISE} {word}", "n_predict": 40}),
        *(("/completion", {"prompt": word, name: word}) for name in ("grammar", "samplers", "logit_bias", "lora")),
        ("/completion", {"prompt": word, "json_schema": {"type": word}}),
        ("/completion", {"prompt": [word, word]}),
        ("/completion", {"prompt": word, "logit_bias": [[word, 1]]}),
        ("/tokenize", {"content": word, "with_pieces": True}),
        ("/tokenize", {"content": word, "inputs": word}),
    ]
