"""Requests to text-generation-inference."""

from tests.privacy.echo_worker import RAISE
from tests.privacy.requests.bodies import PathAndBody, messages_with


def bodies(word: str) -> list[PathAndBody]:
    """Requests to text-generation-inference, correct ones and wrong ones."""
    messages = messages_with(word)
    return [
        ("/generate", {"inputs": word, "parameters": {"max_new_tokens": 40, "stop": [f"z{word}"], "details": True}}),
        ("/generate", {"inputs": word, "parameters": {"return_full_text": True, "truncate": 4, word: word}, word: 1}),
        ("/generate", {"inputs": f"{RAISE} {word}", "parameters": {"max_new_tokens": 40}}),
        ("/generate_stream", {"inputs": word, "parameters": {"max_new_tokens": 40}}),
        ("/generate_stream", {"inputs": f"{RAISE} {word}", "parameters": {"max_new_tokens": 40}}),
        ("/", {"inputs": word, "stream": False, "parameters": {"max_new_tokens": 40}}),
        *(("/generate", {"inputs": word, "parameters": {name: word}}) for name in ("typical_p", "adapter_id", "seed")),
        ("/generate", {"inputs": word, "parameters": {"grammar": {"type": "json", "value": {"type": word}}}}),
        ("/generate", {"inputs": word, "parameters": {"grammar": {"type": "json", "value": word}}}),
        ("/generate", {"inputs": word, "parameters": {"grammar": {"type": "regex", "value": f"({word}"}}}),
        ("/chat_tokenize", {"messages": messages, word: word}),
        ("/tokenize", {"inputs": word}),
    ]
