"""Facts about a tokenizer in a model's files."""

import json
from pathlib import Path

import pytest

from service.tasks.text.special_tokens import SpecialTokens
from service.tasks.text.tokenizer_files import TokenizerFiles


def write(path: Path, **files: object) -> TokenizerFiles:
    for name, content in files.items():
        (path / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return TokenizerFiles.from_directory(path)


def test_all_files_are_optional(tmp_path: Path) -> None:
    assert TokenizerFiles.from_directory(tmp_path) == TokenizerFiles(
        special_tokens=SpecialTokens(names={}, added=[]), end_token_ids=[], chat_template=None
    )


@pytest.mark.parametrize(
    ("generation", "config", "expected"),
    [
        ({"eos_token_id": 7}, {"eos_token_id": [3]}, [7]),
        ({"eos_token_id": [7, 9]}, {"eos_token_id": 3}, [7, 9]),
        ({}, {"eos_token_id": [3, 4]}, [3, 4]),
        ({"eos_token_id": None}, {"eos_token_id": 3}, [3]),
        ({"eos_token_id": []}, {"eos_token_id": 3}, [3]),
        ({"eos_token_id": -1}, {}, []),
        ({}, {"eos_token_id": None, "text_config": {"eos_token_id": [1, 5]}}, [1, 5]),
        ({}, {"eos_token_id": 3, "text_config": {"eos_token_id": 5}}, [3]),
        ({}, {"text_config": None}, []),
    ],
)
def test_the_ids_that_end_a_text(tmp_path: Path, generation: object, config: object, expected: list[int]) -> None:
    assert write(tmp_path, generation_config=generation, config=config).end_token_ids == expected


def test_the_default_of_several_templates_is_used(tmp_path: Path) -> None:
    named = [{"name": "tools", "template": "no"}, {"name": "default", "template": "yes"}]
    assert write(tmp_path, tokenizer_config={"chat_template": named}).chat_template == "yes"
    assert write(tmp_path, tokenizer_config={"chat_template": named[:1]}).chat_template is None


def test_the_template_file_comes_before_the_config(tmp_path: Path) -> None:
    (tmp_path / "chat_template.jinja").write_text("file", encoding="utf-8")
    assert write(tmp_path, tokenizer_config={"chat_template": "config"}).chat_template == "file"


def test_a_broken_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "tokenizer_config.json").write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match="Expecting"):
        TokenizerFiles.from_directory(tmp_path)
