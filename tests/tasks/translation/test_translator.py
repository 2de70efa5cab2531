"""Translation: what the model is asked, and what becomes of its words."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.engine.protocol.outputs import FinishReason, TokenLogprob, TokenOutput
from service.engine.protocol.request import Request
from service.errors import (
    InvalidOption,
    MalformedMarkup,
    ProcessError,
    ProcessUnavailable,
    PromptTooLong,
    TooManySegments,
    UnknownLanguage,
    UnsupportedPair,
)
from service.tasks.generation.generator import GREEDY, Generator, Options
from service.tasks.text.chat_template import ChatTemplate
from service.tasks.text.languages import find_language
from service.tasks.text.tokenizer import Tokenizer
from service.tasks.translation import (
    Flag,
    SegmentDelta,
    Term,
    Translation,
    TranslationOrder,
    TranslationRun,
    Translator,
)
from service.tasks.translation.prompting.example_sentences import SENTENCES
from service.tasks.translation.prompting.pair_prompt import translation_prompt
from tests.tasks.engine import ScriptedClient, says
from tests.tasks.text.test_chat_template import CHATML
from tests.tasks.text.vocabularies import byte_level, tokenizer

CHAT = Tokenizer(byte_level(), eos_token_ids=[0], chat_template=ChatTemplate(CHATML, {}))
NO_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}" + CHATML
LIMITS = {"max_model_len": 8192, "num_blocks": 512}

Says = Callable[[str, Request], str]


def prompt_of(request: Request) -> str:
    return CHAT.decode(request.prompt, skip_special_tokens=False)


def asked_for(request: Request) -> str:
    """The text that the prompt puts last."""
    return prompt_of(request).rpartition("<|im_start|>user\n")[2].partition("<|im_end|>")[0]


def client(answer: Says) -> ScriptedClient:
    """A model that says ``answer(text, request)``, each token as likely as half."""

    def script(request: Request) -> list[TokenOutput | Exception]:
        tokens = [*CHAT.encode(answer(asked_for(request), request)), 0][: request.params.max_tokens]
        finish = FinishReason.STOP if tokens[-1] == 0 else FinishReason.LENGTH
        last = len(tokens) - 1
        return [
            TokenOutput(request.id, token, logprob=TokenLogprob(token, -0.5), finish=finish if i == last else None)
            for i, token in enumerate(tokens)
        ]

    return ScriptedClient(script, **LIMITS)


def accented(text: str, request: Request | None = None) -> str:
    """What looks like a translation."""
    return text.translate(str.maketrans("aeiouAEIOU", "áéíóúÁÉÍÓÚ"))


def reply(text: str) -> ScriptedClient:
    return client(lambda *_: text)


def translator(client: ScriptedClient, kind: Tokenizer = CHAT, style: str = "auto", **limits: int) -> Translator:
    return Translator(Generator(client, kind), style=style, **limits)


async def run(engine: ScriptedClient, *texts: str, options: Options | None = None, **order) -> TranslationRun:
    order = {"target": "fr", "source": "en"} | order
    return await translator(engine).translate(TranslationOrder(texts=texts, **order), options=options or GREEDY)


async def translations(engine: ScriptedClient, *texts: str, **order) -> list[Translation]:
    with await run(engine, *texts, **order) as started:
        return await started.collect()


async def deltas(engine: ScriptedClient, *texts: str, **order) -> list[SegmentDelta]:
    with await run(engine, *texts, **order) as started:
        return [delta async for delta in started]


async def translate(text: str, answer: str = "Bonjour", **order) -> str:
    [translation] = await translations(reply(answer), text, **order)
    return translation.text


async def asked(source: str | None, target: str, kind: Tokenizer = CHAT, **order) -> str:
    engine = reply("x")
    order = {"texts": ("Good morning!",), "target": target, "source": source} | order
    await translator(engine, kind, order.pop("style", "auto")).translate(TranslationOrder(**order), options=GREEDY)
    return prompt_of(engine.requests[0])


async def test_all_sentences_of_all_texts_share_one_submission_and_keep_their_order() -> None:
    engine = client(accented)
    texts = ["One came. Two went.", " \n", "Three?", "", "- Four!\n\n  * Five;  six.\t"]
    found = await translations(engine, *texts)
    assert [each.text for each in found] == [accented(text) for text in texts]
    assert len(engine.streams) == 1
    assert len(engine.requests) == 5
    for text, each in zip(texts, found, strict=True):
        assert [text[segment.start : segment.end] for segment in each.segments] == [
            segment.source for segment in each.segments
        ]


async def test_what_is_said_twice_is_translated_once() -> None:
    engine = client(accented)
    found = await translations(engine, "Go on. Stop. Go on.", "Go on.")
    assert [each.text for each in found] == ["Gó ón. Stóp. Gó ón.", "Gó ón."]
    assert [asked_for(request) for request in engine.requests] == ["Go on.", "Stop."]


@pytest.mark.parametrize("text", ["", "\t ", "42", "12:30 – 14:00", "😀 👍", "https://example.com/a?b=c", "{0} %s"])
async def test_what_has_no_words_never_reaches_the_engine(text: str) -> None:
    engine = reply("x")
    with await run(engine, text, output_prefix="Ja") as started:
        [translation] = await started.collect()
    assert (translation.text, translation.segments) == (text, ())
    assert engine.streams == []
    assert started.usage.total_tokens == 0
    assert started.timings.ttft_seconds is None


async def test_what_is_in_the_target_language_comes_back_as_it_is() -> None:
    engine = reply("x")
    text = "This has been written in English from the first word to the last. "
    for source in ("en", "en-GB", None):
        [translation] = await translations(engine, text, source=source, target="en-US")
        assert translation.text == text
    assert engine.requests == []
    await translations(reply("軟體"), "软件", source="zh-CN", target="zh-TW")


async def test_the_source_of_each_text_is_detected() -> None:
    engine = client(lambda text, _: "Quelque chose de bien différent.")
    texts = ["Where have all the flowers gone?", "花儿都到哪里去了？", "花兒都到哪裡去了？", "Hm"]
    found = await translations(engine, *texts, source=None)
    assert [each.source and each.source.code for each in found] == ["en", "zh", "zh-Hant", None]
    assert all(each.detected is not None and 0 < each.detected.confidence <= 1 for each in found[:3])
    prompts = list(map(prompt_of, engine.requests))
    assert ["from English" in prompts[0], "from Traditional Chinese" in prompts[2]] == [True, True]
    assert " from " not in prompts[3].partition("<|im_end|>")[0]


async def test_what_fails_is_tried_again_and_the_better_one_is_taken() -> None:
    text = "The train was late again today."
    engine = client(lambda text, request: text if request.params.temperature == 0 else "Le train était en retard.")
    [translation] = await translations(engine, text)
    assert translation.text == "Le train était en retard."
    assert translation.flags == (Flag.RETRIED,)
    assert [request.params.temperature > 0 for request in engine.requests] == [False, True]
    engine = client(lambda text, request: text if request.params.temperature == 0 else "")
    [translation] = await translations(engine, text)
    assert (translation.text, translation.flags) == (text, (Flag.COPIED,))


async def test_nothing_is_lost_in_silence() -> None:
    [translation] = await translations(reply(" \n"), "Hi there, George. Roy, got to talk to you.")
    assert translation.text == "Hi there, George. Roy, got to talk to you."
    assert translation.flags == (Flag.EMPTY,)


async def test_a_loop_is_stopped_while_it_is_written() -> None:
    engine = reply("salade " * 500)
    with await run(engine, "I would like a salad.") as started:
        [translation] = await started.collect()
    assert Flag.REPETITION in translation.flags
    assert engine.streams[0].aborted
    assert started.usage.completion_tokens < 200


async def test_a_translation_at_the_token_limit_is_flagged() -> None:
    engine = reply("Un deux trois quatre cinq six sept huit neuf dix")
    [translation] = await translations(
        engine, "One two three four", options=Options.from_values(temperature=0, max_tokens=5)
    )
    assert translation.finish_reason == "length"
    assert Flag.TRUNCATED in translation.flags
    assert len(engine.requests) == 1  # it was cut as it was ordered


async def test_the_score_is_the_mean_log_probability() -> None:
    [translation] = await translations(reply("Bonjour"), "Hello")
    assert [segment.score for segment in translation.segments] == [-0.5]


async def test_placeholders_and_tags_are_kept_or_put_back() -> None:
    text = "<p>Dear <b>{name}</b>, see %1$s.</p>"
    engine = client(lambda text, _: text.replace("Dear", "Cher").replace("see", "voyez"))
    [translation] = await translations(engine, text, format="html")
    assert (translation.text, translation.flags) == ("<p>Cher <b>{name}</b>, voyez %1$s.</p>", ())
    engine = client(lambda text, _: "Cher ami, voyez & lisez ici.")
    [translation] = await translations(engine, text, format="html")
    for kept in ("<b>", "{name}", "</b>", "%1$s", "&amp;"):
        assert translation.text.count(kept) == 1
    assert Flag.PLACEHOLDER in translation.flags


async def test_broken_xml_is_refused() -> None:
    with pytest.raises(MalformedMarkup) as error:
        await run(reply("x"), "<a>", format="xml")
    assert error.value.param == "text"


async def test_terms_are_told_and_then_forced() -> None:
    terms = (Term("invoice", "Rechnung"), Term("Chat", "Gespräch"), Term("absent", "weg"))
    engine = client(
        lambda text, _: text.replace("The invoice is in the", "Die Faktura ist im").replace("chat", "Gespräch")
    )
    order = {"target": "de", "glossary": terms}
    [translation] = await translations(engine, "The invoice is in the chat.", **order)
    assert "invoice = Rechnung; Chat = Gespräch" in prompt_of(engine.requests[0])
    assert (translation.terms_applied, translation.terms_missed) == (("Chat",), ("invoice",))
    assert Flag.TERM in translation.flags
    second = asked_for(engine.requests[1])
    assert not {"invoice", "chat"} & set(second.replace(".", "").split())

    engine = client(lambda text, _: text.replace("The", "Die").replace("is in the", "ist im"))
    [translation] = await translations(engine, "The invoice is in the chat.", **order)
    assert translation.text == "Die Rechnung ist im Gespräch."
    assert (translation.flags, translation.terms_missed) == ((Flag.RETRIED,), ())


async def test_what_is_not_to_be_translated_the_model_never_sees() -> None:
    engine = client(lambda text, _: text.replace("is fast", "est rapide"))
    [translation] = await translations(engine, "Acme Drive is fast.", do_not_translate=("Acme Drive",))
    assert translation.text == "Acme Drive est rapide."
    assert "Acme" not in prompt_of(engine.requests[0])


async def test_context_and_formality_are_said_in_the_prompt() -> None:
    prompt = await asked("en", "de", context="A letter to the bank.", formality="more")
    assert "A letter to the bank." in prompt
    assert "formally (Sie)" in prompt
    assert "informally (du)" in await asked("en", "de", formality="prefer_less")
    assert "ormally" not in await asked("en", "zh", formality="prefer_more")


async def test_formality_where_there_is_none_is_refused() -> None:
    with pytest.raises(InvalidOption) as error:
        await run(reply("x"), "Hi", target="zh", formality="more")
    assert error.value.param == "formality"


async def test_alternatives_are_other_ways_to_say_it() -> None:
    def says_more(text: str, request: Request) -> str:
        prompt, choice = request.id.split("-")[-2:]
        return accented(text) + ("" if int(prompt) < 2 else f" {choice}")

    engine = client(says_more)
    [translation] = await translations(engine, "Once. Gone.", alternatives=2)
    assert translation.text == "Óncé. Góné."
    assert translation.alternatives == ("Óncé. 0 Góné. 0", "Óncé. 1 Góné. 1")
    assert len(engine.streams) == 1
    [translation] = await translations(client(accented), "Once. Gone.", alternatives=2)
    assert translation.alternatives == ()


async def test_a_stream_says_what_the_whole_answer_says() -> None:
    texts = ["One came. Two went.", "", " Three?\n"]
    found = await deltas(client(accented), *texts)
    assert [delta.index for delta in found] == sorted(delta.index for delta in found)
    whole = await translations(client(accented), *texts)
    for index, translation in enumerate(whole):
        mine = [delta for delta in found if delta.index == index]
        assert "".join(delta.delta for delta in mine) == translation.text
        assert [delta.done for delta in mine] == [None] * (len(mine) - 1) + [translation]
        assert [delta.end for delta in mine if delta.end] == list(translation.segments)
        assert [delta.segment for delta in mine if delta.end] == list(range(len(translation.segments)))


async def test_a_long_segment_is_streamed_while_it_is_written() -> None:
    text = "a long way to go " * 20
    engine = reply(" Un long chemin \n à faire")
    found = await deltas(engine, text)
    mine = [delta for delta in found if delta.segment == 0]
    assert len(mine) > 3
    assert "".join(delta.delta for delta in mine) == "Un long chemin \n à faire"
    assert not any(delta.delta.endswith((" ", "\n")) for delta in mine[:-1])
    assert len(engine.requests) == 1  # flagged or not, it was sent
    [translation] = await translations(reply("Un long chemin"), text)
    assert Flag.LENGTH in translation.flags


async def test_a_text_that_never_pauses_is_cut_where_words_end() -> None:
    engine = client(accented)
    text = " ".join(f"word{i}" for i in range(1000))
    [translation] = await translations(engine, text)
    assert translation.text == accented(text)
    assert len(engine.requests) > 4


@pytest.mark.parametrize(
    ("prefix", "answer", "expected"),
    [
        ("你好", "，世界！", "你好，世界！"),
        ("Bonjour", " le monde", "Bonjour le monde"),
        ("Bonjour ", " le monde", "Bonjour le monde"),
        ("Bonjour ", "le monde", "Bonjour le monde"),
        ("  Oh\n", "là", "  Oh\nlà"),
        ("Bonjour", "", "Bonjour"),
        (" ", "Oui", " Oui"),
    ],
)
async def test_the_translation_begins_with_the_prefix_literally(prefix: str, answer: str, expected: str) -> None:
    assert await translate("Hello", answer, output_prefix=prefix) == expected


@settings(deadline=None)  # the first example loads the detector
@given(
    prefix=st.text(alphabet="a \n你", max_size=5), answer=st.text(alphabet="b \n好"), text=st.text("x \n", min_size=1)
)
async def test_whatever_the_model_says_the_prefix_comes_first(prefix: str, answer: str, text: str) -> None:
    result = await translate(text, answer, output_prefix=prefix)
    assert result.startswith(prefix) if text.strip() else result == text


async def test_the_white_space_around_a_text_is_kept() -> None:
    assert await translate("\n  Hello\n\n", " Bonjour \n") == "\n  Bonjour\n\n"


async def test_the_prompt_shows_examples_of_the_pair() -> None:
    prompt = await asked("en", "zh")
    assert "from English to Chinese" in prompt
    for english, chinese in zip(SENTENCES["en"], SENTENCES["zh"], strict=True):
        assert f"<|im_start|>user\n{english}<|im_end|>\n<|im_start|>assistant\n{chinese}<|im_end|>" in prompt
    assert prompt.endswith("<|im_start|>user\nGood morning!<|im_end|>\n<|im_start|>assistant\n")


async def test_without_a_source_only_the_target_is_named() -> None:
    prompt = await asked(None, "Chinese", texts=("Hm",))
    assert "Translate the text to Chinese" in prompt
    assert " from " not in prompt
    assert SENTENCES["zh"][0] in prompt


async def test_the_prefix_begins_the_answer_in_the_prompt() -> None:
    assert (await asked("en", "zh", output_prefix=" 你好 ")).endswith("<|im_start|>assistant\n你好")


async def test_a_template_without_system_role_gets_the_instruction_in_the_first_turn() -> None:
    kind = Tokenizer(byte_level(), chat_template=ChatTemplate(NO_SYSTEM, {}))
    prompt = await asked("en", "zh", kind)
    assert "system" not in prompt
    assert prompt.count("from English to Chinese") == 1
    assert prompt.startswith("<|im_start|>user\nYou are")


@pytest.mark.parametrize(("kind", "style"), [(tokenizer("byte_level"), "auto"), (CHAT, "base")])
async def test_a_base_model_gets_a_document(kind: Tokenizer, style: str) -> None:
    prompt = await asked("en", "zh", kind, style=style, output_prefix="早")
    assert "<|im_start|>" not in prompt
    assert f"English: {SENTENCES['en'][0]}\nChinese: {SENTENCES['zh'][0]}\n\n" in prompt
    assert prompt.endswith("English: Good morning!\nChinese: 早")


@pytest.mark.parametrize(("text", "expected"), [("Hello", "Bon"), ("Hello\nthere", "Bon\nBon")])
async def test_a_base_model_is_stopped_before_it_writes_an_example(text: str, expected: str) -> None:
    engine = reply(" Bon\njour\nEnglish: Next")
    order = TranslationOrder(texts=(text,), target="fr", source="en")
    with await translator(engine, tokenizer("byte_level")).translate(order, options=GREEDY) as started:
        [translation] = await started.collect()
    assert translation.text == expected


@pytest.mark.parametrize("code", SENTENCES)
def test_every_pair_has_examples(code: str) -> None:
    target = find_language(code)
    for source in (None, *map(find_language, SENTENCES)):
        prompt = translation_prompt(source, target)
        assert [wanted for _, wanted in prompt.examples] == list(SENTENCES[code])
        assert all(given != wanted for given, wanted in prompt.examples)


def test_a_target_without_sentences_is_asked_for_in_words_alone() -> None:
    prompt = translation_prompt(find_language("en"), find_language("sw"))
    assert prompt.examples == ()
    assert "from English to Swahili" in prompt.instruction


def test_regions_share_sentences_and_scripts_do_not() -> None:
    english = find_language("en")
    assert translation_prompt(english, find_language("pt-BR")).examples[0][1] == SENTENCES["pt"][0]
    assert translation_prompt(english, find_language("zh-TW")).examples[0][1] == SENTENCES["zh-Hant"][0]
    assert translation_prompt(english, find_language("zh-CN")).examples[0][1] == SENTENCES["zh"][0]


async def test_a_translation_cannot_run_on_for_ever() -> None:
    engine = reply("x")
    await run(engine, "Hi", "Hi " * 100)
    short, long = (request.params.max_tokens for request in engine.requests)
    assert short < 100 < 600 < long
    await run(engine, "Hi", options=Options(max_tokens=5))
    assert engine.requests[-1].params.max_tokens == 5


async def test_translation_is_greedy_unless_told_otherwise() -> None:
    engine = reply("x")
    await run(engine, "Hi")
    assert engine.requests[0].params.temperature == 0.0


@pytest.mark.parametrize(("languages", "param"), [(("xx", "en"), "target_lang"), (("en", "xx"), "source_lang")])
async def test_an_unknown_language_is_named(languages: tuple[str, str], param: str) -> None:
    with pytest.raises(UnknownLanguage) as error:
        await run(reply("x"), "Hi", target=languages[0], source=languages[1])
    assert error.value.param == param


@pytest.mark.parametrize(("languages", "param"), [(("sw", "en"), "target_lang"), (("en", "sw"), "source_lang")])
async def test_a_pair_that_the_model_is_not_shown_is_refused(languages: tuple[str, str], param: str) -> None:
    with pytest.raises(UnsupportedPair) as error:
        await run(reply("x"), "Hi", target=languages[0], source=languages[1])
    assert error.value.param == param
    assert "Swahili" in str(error.value)
    assert "zh-Hant" in str(error.value)


async def test_a_prefix_has_no_place_in_markup() -> None:
    with pytest.raises(InvalidOption) as error:
        await run(reply("x"), "<p>Hi</p>", format="html", output_prefix="Oh")
    assert error.value.param == "output_prefix"


async def test_a_text_that_cannot_fit_is_refused() -> None:
    engine = ScriptedClient(says([1]), max_model_len=512)
    with pytest.raises(PromptTooLong) as error:
        await run(engine, "Hi", "word" * 500)
    assert error.value.param == "text"
    assert engine.streams == []


async def test_too_many_segments_are_refused() -> None:
    engine = reply("x")
    order = TranslationOrder(texts=("Once. Gone. Three.",), target="fr", source="en")
    with pytest.raises(TooManySegments) as error:
        await translator(engine, max_segments=2).translate(order, options=GREEDY)
    assert error.value.param == "text"
    assert engine.streams == []


@pytest.mark.parametrize(
    ("finish", "kind"), [(FinishReason.ERROR, ProcessError), (FinishReason.ABORT, ProcessUnavailable)]
)
async def test_a_sequence_that_fails_fails_the_order(finish: FinishReason, kind: type[Exception]) -> None:
    with await run(ScriptedClient(says([5], finish), **LIMITS), "Hi") as started, pytest.raises(kind):
        await started.collect()
    assert started._completion is not None


async def test_leaving_early_aborts() -> None:
    engine = reply("one two three")
    with await run(engine, "Hi there.") as started:
        async for _ in started:
            break
    assert engine.streams[0].closed
