"""The prompt for a pair of languages, and its example sentences."""

import pytest

from service.tasks.text.languages import find_language
from service.tasks.translation.prompting.example_sentences import SENTENCES
from service.tasks.translation.prompting.glossary import Term
from service.tasks.translation.prompting.pair_prompt import translation_prompt

ENGLISH, GERMAN = find_language("en"), find_language("de")


@pytest.mark.parametrize("code", SENTENCES)
def test_every_language_with_examples_has_different_sentences(code: str) -> None:
    assert find_language(code).code == code
    assert len(set(SENTENCES[code])) == len(SENTENCES["en"])


@pytest.mark.parametrize("code", SENTENCES)
def test_every_pair_has_examples(code: str) -> None:
    target = find_language(code)
    for source in (None, *map(find_language, SENTENCES)):
        prompt = translation_prompt(source, target)
        assert [translation for _, translation in prompt.examples] == list(SENTENCES[code])
        assert all(original != translation for original, translation in prompt.examples)


def test_a_target_without_sentences_is_named_and_has_no_examples() -> None:
    prompt = translation_prompt(ENGLISH, find_language("sw"))
    assert prompt.examples == ()
    assert "from English to Swahili" in prompt.request


def test_regions_share_sentences_and_scripts_do_not() -> None:
    assert translation_prompt(ENGLISH, find_language("pt-BR")).examples[0][1] == SENTENCES["pt"][0]
    assert translation_prompt(ENGLISH, find_language("zh-TW")).examples[0][1] == SENTENCES["zh-Hant"][0]
    assert translation_prompt(ENGLISH, find_language("zh-CN")).examples[0][1] == SENTENCES["zh"][0]


def test_formality_and_context_are_in_the_instruction() -> None:
    instruction = translation_prompt(ENGLISH, GERMAN, formality="prefer_less", context="A letter.").instruction
    assert "informally (du)" in instruction
    assert "A letter." in instruction
    assert "ormally" not in translation_prompt(ENGLISH, find_language("zh"), formality="prefer_more").instruction


def test_terms_come_last_so_that_prompts_share_their_beginning() -> None:
    plain = translation_prompt(ENGLISH, GERMAN, formality="more", context="A letter.").instruction
    terms = (Term("invoice", "Rechnung"), Term("chat", "Plausch"))
    with_terms = translation_prompt(ENGLISH, GERMAN, formality="more", context="A letter.", terms=terms).instruction
    assert plain.endswith("A letter.\n")
    assert with_terms == f"{plain} Use these translations: invoice = Rechnung; chat = Plausch."
