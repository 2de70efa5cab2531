"""Passages and prompts are taken evenly from the texts of a directory."""

from pathlib import Path

from benchmarks.quantization.texts import load_passages, load_prompts, missing_files
from service.engine.protocol.config import EngineConfig
from service.tasks.text.tokenizer import Tokenizer


def test_passages_are_spread_over_the_text_and_prompts_are_chats(config: EngineConfig, data: Path) -> None:
    tokenizer = Tokenizer.load(Path(config.model_path))
    passages = load_passages(data, "English", tokenizer, tokens=100, length=20)
    assert [len(passage) for passage in passages] == [20] * 5
    assert "ntrex.src.eng.txt" in tokenizer.decode(passages[0] + passages[1])
    assert "xquad.en.json" in tokenizer.decode(passages[-1])
    first, second = (tokenizer.decode(ids) for ids in load_prompts(data, tokenizer, count=2))
    assert "Say 0." in first
    assert "Say 10." in second
    assert first.rstrip().endswith("assistant")


def test_a_missing_file_is_named(data: Path) -> None:
    assert missing_files(data) == []
    (data / "xquad.zh.json").unlink()
    assert missing_files(data) == ["xquad.zh.json"]
