"""The tiny models of the tests are complete and reproducible."""

from pathlib import Path

from tests.engine.tiny_models import tiny_model, tokenizer


def test_a_tiny_model_is_complete_and_always_the_same(tmp_path: Path) -> None:
    first, second = (tiny_model("qwen3", tmp_path / name) for name in ("a", "b"))
    names = {"config.json", "generation_config.json", "model.safetensors"}
    assert {file.name for file in first.iterdir()} == names | {
        "tokenizer.json",
        "tokenizer_config.json",
        "chat_template.jinja",
    }
    assert (first / "model.safetensors").read_bytes() == (second / "model.safetensors").read_bytes()
    text = "Hello, 你好 🙂"
    assert tokenizer().decode(tokenizer().encode(text).ids) == text
