"""A tiny model that has the token ids which benchmarks send."""

from pathlib import Path

from tests.engine.tiny_models import VOCAB_SIZE, tiny_model, tokenizer

_TOKENS = 20_000


def large_vocabulary_model(path: Path) -> Path:
    """Write the model into the directory ``path``; return it."""
    model = tiny_model("llama", path, vocab_size=_TOKENS)
    vocabulary = tokenizer().from_str(tokenizer().to_str())
    vocabulary.add_tokens([f"<{number}>" for number in range(VOCAB_SIZE, _TOKENS)])
    vocabulary.save(str(model / "tokenizer.json"))
    return model
