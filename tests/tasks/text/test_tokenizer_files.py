"""Facts about a tokenizer in a model's files."""

import json
from pathlib import Path

import pytest

from service.tasks.text.tokenizer_files import TokenizerFiles


def write(path: Path, **files: object) -> TokenizerFiles:
    for name, content in files.items():
        (path / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return TokenizerFiles.from_directory(path)


def test_all_files_are_optional(tmp_path: Path) -> None:
    assert TokenizerFiles.from_directory(tmp_path) == TokenizerFiles(
        special_tokens={}, eos_token_ids=[], model_eos_token_ids=[], chat_template=None
    )


@pytest.mark.parametrize("token", ["</s>", {"content": "</s>", "lstrip": False}])
def test_special_tokens_are_texts_or_objects(tmp_path: Path, token: object) -> None:
    files = write(tmp_path, tokenizer_config={"eos_token": token, "bos_token": None, "other_token": "x"})
    assert files.special_tokens == {"eos_token": "</s>"}


@pytest.mark.parametrize(("ids", "expected"), [(7, [7]), ([7, 9], [7, 9]), (None, [])])
def test_the_ids_that_end_a_text_are_one_or_several(tmp_path: Path, ids: object, expected: list[int]) -> None:
    files = write(tmp_path, generation_config={"eos_token_id": ids}, config={"eos_token_id": ids})
    assert (files.eos_token_ids, files.model_eos_token_ids) == (expected, expected)


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
