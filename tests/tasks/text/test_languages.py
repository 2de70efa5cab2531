"""Languages, found by names and codes."""

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.errors import UnknownLanguage
from service.tasks.text.languages import find_language


@pytest.mark.parametrize(
    ("name", "code", "english"),
    [
        ("en", "en", "English"),
        ("English", "en", "English"),
        ("ENGLISH", "en", "English"),
        ("eng", "en", "English"),
        ("eng_Latn", "en", "English"),
        ("英语", "en", "English"),
        ("en-GB", "en-GB", "English (United Kingdom)"),
        ("zh", "zh", "Chinese"),
        ("Chinese", "zh", "Chinese"),
        ("中文", "zh", "Chinese"),
        ("汉语", "zh", "Chinese"),
        ("cmn", "zh", "Chinese"),
        ("zh-CN", "zh-CN", "Simplified Chinese"),
        ("zh_cn", "zh-CN", "Simplified Chinese"),
        ("简体中文", "zh-Hans", "Simplified Chinese"),
        ("zho_Hans", "zh-Hans", "Simplified Chinese"),
        ("Chinese (Simplified)", "zh-Hans", "Simplified Chinese"),
        ("zh-TW", "zh-TW", "Traditional Chinese"),
        ("繁體中文", "zh-Hant", "Traditional Chinese"),
        ("Deutsch", "de", "German"),
        (" français ", "fr", "French"),
        ("日本語", "ja", "Japanese"),
        ("русский", "ru", "Russian"),
        ("pt-BR", "pt-BR", "Portuguese (Brazil)"),
    ],
)
def test_a_language_is_found_by_name_and_code(name: str, code: str, english: str) -> None:
    language = find_language(name)
    assert (language.code, language.name) == (code, english)
    assert language.base == code.split("-")[0]


@pytest.mark.parametrize(
    "name", ["", " ", "xx", "auto", "und", "mul", "gibberish", "12", "en;drop", "\ud800", "\x00", "a" * 99999]
)
def test_a_name_that_is_no_language_is_refused(name: str) -> None:
    with pytest.raises(UnknownLanguage) as error:
        find_language(name, param="target_lang")
    assert error.value.param == "target_lang"
    assert len(str(error.value)) < 300


@given(st.text() | st.from_regex(r"[A-Za-z0-9]{1,8}([-_][A-Za-z0-9]{1,8}){0,5}", fullmatch=True))
@example("\x00\U00010000")
def test_any_text_is_a_language_or_is_refused(name: str) -> None:
    with contextlib.suppress(UnknownLanguage):
        language = find_language(name)
        assert find_language(language.code) == language
