"""The translator: refused orders, texts that need no model, and detected languages."""

import pytest

from service.errors import (
    InvalidOption,
    MalformedMarkup,
    PromptTooLong,
    TooManySegments,
    UnknownLanguage,
    UnsupportedPair,
)
from service.tasks.generation.options import GREEDY
from service.tasks.translation import Detector, known_languages
from service.tasks.translation.prompting.example_sentences import SENTENCES
from tests.fakes.engine import ScriptedEngine, says
from tests.tasks.translation.scripted_model import (
    accented,
    always,
    order,
    prompt_of,
    scripted,
    source_of,
    start,
    translations,
    translator,
)


async def test_the_segments_of_all_texts_are_submitted_at_once_and_keep_their_order() -> None:
    engine = scripted(accented)
    texts = ["Cats came. Dogs went.", " \n", "Birds?", "", "- Fish!\n\n  * Cows;  pigs.\t"]
    found = await translations(engine, *texts)
    assert [each.text for each in found] == [accented(text) for text in texts]
    assert len(engine.streams) == 1
    assert len(engine.requests) == 5
    for text, each in zip(texts, found, strict=True):
        assert [text[segment.start : segment.end] for segment in each.segments] == [
            segment.source for segment in each.segments
        ]


async def test_a_repeated_segment_is_translated_once() -> None:
    engine = scripted(accented)
    found = await translations(engine, "Go on. Stop. Go on.", "Go on.")
    assert [each.text for each in found] == ["Gó ón. Stóp. Gó ón.", "Gó ón."]
    assert [source_of(request) for request in engine.requests] == ["Go on.", "Stop."]


@pytest.mark.parametrize("text", ["", "\t ", "42", "12:30 – 14:00", "😀 👍", "https://example.com/a?b=c", "{0} %s"])
async def test_a_text_without_words_never_reaches_the_engine(text: str) -> None:
    engine = always("x")
    with await start(engine, text, output_prefix="Ja") as run:
        [translation] = await run.collect()
    assert (translation.text, translation.segments) == (text, ())
    assert engine.streams == []
    assert run.usage.total_tokens == 0
    assert run.timings.ttft_seconds is None


async def test_a_text_in_the_target_language_is_returned_unchanged() -> None:
    engine = always("x")
    text = "This has been written in English from the first word to the last. "
    for source in ("en", "en-US", None):
        [translation] = await translations(engine, text, source=source, target="en-US")
        assert translation.text == text
        assert translation.flags == (() if source == "en-US" else ("copied",))
    assert engine.requests == []


async def test_traditional_chinese_is_another_target_than_simplified_chinese() -> None:
    engine = always("軟體")
    [translation] = await translations(engine, "软件", source="zh-CN", target="zh-TW")
    assert translation.text == "軟體"
    assert len(engine.requests) == 1


async def test_the_source_language_of_each_text_is_detected() -> None:
    engine = always("Quelque chose de bien différent.")
    texts = ["Where have all the flowers gone?", "花儿都到哪里去了？", "花兒都到哪裡去了？", "Hm"]
    found = await translations(engine, *texts, source=None)
    assert [each.source and each.source.code for each in found] == ["en", "zh", "zh-Hant", None]
    assert all(each.detected is not None and 0 < each.detected.confidence <= 1 for each in found[:3])
    prompts = list(map(prompt_of, engine.requests))
    assert ["from English" in prompts[0], "from Traditional Chinese" in prompts[2]] == [True, True]
    assert " from " not in prompts[3].partition("<|im_end|>")[0]


async def test_detection_needs_no_order() -> None:
    [english, none] = await Detector().detect_all(["Where is the train station?", "42"])
    assert (english[0].language.code, none) == ("en", [])


def test_every_language_with_examples_is_listed() -> None:
    assert [language.code for language in known_languages()] == list(SENTENCES)


async def test_malformed_xml_is_refused() -> None:
    with pytest.raises(MalformedMarkup) as error:
        await start(always("x"), "<a>", format="xml")
    assert error.value.param == "text"


async def test_formality_is_refused_for_a_language_that_has_none() -> None:
    with pytest.raises(InvalidOption) as error:
        await start(always("x"), "Hi", target="zh", formality="more")
    assert error.value.param == "formality"


@pytest.mark.parametrize(("languages", "param"), [(("xx", "en"), "target_lang"), (("en", "xx"), "source_lang")])
async def test_an_unknown_language_is_refused(languages: tuple[str, str], param: str) -> None:
    with pytest.raises(UnknownLanguage) as error:
        await start(always("x"), "Hi", target=languages[0], source=languages[1])
    assert error.value.param == param


@pytest.mark.parametrize(("languages", "param"), [(("sw", "en"), "target_lang"), (("en", "sw"), "source_lang")])
async def test_a_language_without_examples_is_refused(languages: tuple[str, str], param: str) -> None:
    with pytest.raises(UnsupportedPair) as error:
        await start(always("x"), "Hi", target=languages[0], source=languages[1])
    assert error.value.param == param
    assert "Swahili" in str(error.value)
    assert "zh-Hant" in str(error.value)


async def test_an_output_prefix_is_refused_for_markup() -> None:
    with pytest.raises(InvalidOption) as error:
        await start(always("x"), "<p>Hi</p>", format="html", output_prefix="Oh")
    assert error.value.param == "output_prefix"


async def test_a_segment_that_cannot_fit_is_refused() -> None:
    engine = ScriptedEngine(says([1]), max_model_len=512, vocab_size=1000)
    with pytest.raises(PromptTooLong) as error:
        await start(engine, "Hi", "word" * 500)
    assert error.value.param == "text"
    assert engine.streams == []


async def test_too_many_segments_are_refused() -> None:
    engine = always("x")
    with pytest.raises(TooManySegments) as error:
        await translator(engine, max_segments=2).translate(order("Once. Gone. Three."), options=GREEDY)
    assert error.value.param == "text"
    assert engine.streams == []
