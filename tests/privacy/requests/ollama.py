"""Requests to Ollama."""

from tests.privacy.echo_worker import RAISE
from tests.privacy.requests.bodies import PathAndBody, messages_with


def bodies(word: str) -> list[PathAndBody]:
    """Requests to Ollama, correct ones and wrong ones."""
    messages = messages_with(word)
    echo, short = {"model": "echo:latest"}, {"num_predict": 40}
    return [
        ("/api/chat", echo | {"messages": messages, "options": {"stop": [f"z{word}"], word: word} | short}),
        ("/api/chat", echo | {"messages": messages, "stream": False, "keep_alive": word, "options": short}),
        ("/api/chat", echo | {"messages": [{"role": "user", "content": f"{RAISE} {word}"}], "options": short}),
        ("/api/chat", echo | {"messages": [{"role": word, "content": word, "images": [word]}]}),
        ("/api/chat", echo | {"messages": messages, "tools": [{word: word}]}),
        ("/api/chat", {"model": word, "messages": messages}),
        ("/api/generate", echo | {"prompt": word, "system": word, "options": short}),
        ("/api/generate", echo | {"prompt": word, "raw": True, "stream": False, "options": short}),
        ("/api/generate", echo | {"prompt": word, "logprobs": True, "top_logprobs": 1, "options": short}),
        *(
            ("/api/generate", echo | {"prompt": word, "options": short, name: word})
            for name in ("suffix", "template", "think", "format", "context", "keep_alive", word)
        ),
        ("/api/generate", echo | {"prompt": word, "format": {"type": word, "pattern": word}}),
        ("/api/embed", {"model": "embedder", "input": [word, word], word: word}),
        ("/api/embed", {"model": word, "input": word}),
        ("/api/embeddings", {"model": "embedder", "prompt": word}),
        ("/api/show", echo | {word: word}),
        ("/api/show", {"model": word}),
        ("/api/pull", echo),
        ("/api/pull", {"model": word, "insecure": word}),
    ]
