"""Languages, found by names and codes."""

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.errors import UnknownLanguage
from service.tasks.text.languages import find_language, is_same_language, is_written_traditionally


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
        ("Portuguese (Brazil)", "pt-BR", "Portuguese (Brazil)"),
        ("pb", "pt-BR", "Portuguese (Brazil)"),
        ("pt_XX", "pt", "Portuguese"),
        ("Chinese (Taiwan)", "zh-TW", "Traditional Chinese"),
        ("Chinese (Hong Kong)", "zh-HK", "Traditional Chinese"),
        ("Chinese (PRC)", "zh-CN", "Simplified Chinese"),
        ("Chinese (Traditional, Taiwan)", "zh-Hant-TW", "Traditional Chinese"),
        ("中文（台灣）", "zh-TW", "Traditional Chinese"),
        ("正體中文", "zh-Hant", "Traditional Chinese"),
        ("zt", "zh-Hant", "Traditional Chinese"),
        ("ZH-HANT", "zh-Hant", "Traditional Chinese"),
        ("Serbian (Cyrillic)", "sr-Cyrl", "Serbian (Cyrillic)"),
        ("English (nowhere)", "en", "English"),
        ("NB", "no", "Norwegian"),
        ("nb-NO", "no-NO", "Norwegian (Norway)"),
        ("Norwegian Bokmål", "no", "Norwegian"),
        ("iw", "he", "Hebrew"),
        ("arb", "ar", "Arabic"),
        ("nn-NO", "nn-NO", "Norwegian Nynorsk (Norway)"),
        ("nno_Latn", "nn", "Norwegian Nynorsk"),
        ("zh-yue", "yue", "Cantonese"),
        ("yue_Hant", "yue-Hant", "Cantonese (Traditional)"),
        ("廣東話", "yue", "Cantonese"),
        ("zh-CHT", "zh-Hant", "Traditional Chinese"),
        ("zh_CHS", "zh-Hans", "Simplified Chinese"),
        ("es_LA", "es-419", "Spanish (Latin America)"),
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


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("en", "en-GB", True),
        ("en-US", "en-GB", False),
        ("pt-BR", "pt-PT", False),
        ("sr-Latn", "sr-Cyrl", False),
        ("sr", "sr-Latn", False),
        ("nb", "no", True),
        ("en", "fr", False),
        ("zh", "zh-CN", True),
        ("zh-CN", "zh-Hans", True),
        ("zh-TW", "zh-Hant", True),
        ("zh", "zh-TW", False),
        ("zh-CN", "zh-TW", False),
    ],
)
def test_regions_and_scripts_differ_if_both_are_named(one: str, other: str, same: bool) -> None:
    assert is_same_language(find_language(one), find_language(other)) is same
    assert is_same_language(find_language(other), find_language(one)) is same


@pytest.mark.parametrize(
    ("name", "traditional"),
    [("zh", None), ("zh-CN", False), ("zh-TW", True), ("zh-Hant", True), ("yue", True), ("yue-CN", False)],
)
def test_which_characters_a_language_is_written_with(name: str, traditional: bool | None) -> None:
    assert is_written_traditionally(find_language(name)) is traditional
