"""Translation: what the model is asked, and what becomes of its words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.engine.types import FinishReason
from service.tasks.chat_template import ChatTemplate
from service.tasks.errors import PromptTooLong, UnknownLanguage
from service.tasks.generation import Generator, Options
from service.tasks.languages import find_language
from service.tasks.tokenizer import Tokenizer
from service.tasks.translation import Translator
from service.tasks.translation.prompts import translation_prompt
from service.tasks.translation.sentences import SENTENCES
from tests.tasks.engine import ScriptedClient, says
from tests.tasks.test_chat_template import CHATML
from tests.tasks.vocabularies import byte_level, tokenizer

CHAT = Tokenizer(byte_level(), eos_token_ids=[0], chat_template=ChatTemplate(CHATML, {}))
NO_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}" + CHATML
GREEDY = Options(temperature=0.0)


def reply(text: str) -> ScriptedClient:
    return ScriptedClient(says([*CHAT.encode(text), 0], FinishReason.STOP), max_model_len=8192, num_blocks=512)


def translator(client: ScriptedClient, kind: Tokenizer = CHAT, style: str = "auto") -> Translator:
    return Translator(Generator(client, kind), style=style)


async def translate(text: str, answer: str = "Bonjour", **options) -> str:
    with await translator(reply(answer)).translate([text], "fr", "en", **options) as texts:
        [[choice]] = await texts.collect()
    return choice.text


async def asked(source: str | None, target: str, kind: Tokenizer = CHAT, **options) -> str:
    client = reply("x")
    await translator(client, kind, options.pop("style", "auto")).translate(["Good morning!"], target, source, **options)
    return CHAT.decode(client.requests[0].prompt, skip_special_tokens=False)


async def test_all_texts_share_one_submission_and_keep_their_order() -> None:
    client = reply("done")
    texts = ["one", " \n", "two", ""]
    with await translator(client).translate(texts, "German", request_id="id") as completion:
        deltas = [delta async for delta in completion]
    assert [request.id for request in client.requests] == ["id-0-0", "id-1-0"]
    assert len(client.streams) == 1
    written = ["".join(delta.text for delta in deltas if delta.prompt_index == index) for index in range(4)]
    assert written == ["done", " \n", "done", ""]
    assert sorted(delta.prompt_index for delta in deltas if delta.finish is FinishReason.STOP) == [0, 1, 2, 3]


async def test_blank_texts_never_reach_the_engine() -> None:
    client = reply("x")
    with await translator(client).translate(["", "\t "], "de", output_prefix="Ja") as completion:
        choices = await completion.collect()
    assert [choice.text for [choice] in choices] == ["", "\t "]
    assert client.streams == []
    assert completion.usage.total_tokens == 0
    assert completion.timings.ttft_seconds is None


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


@given(
    prefix=st.text(alphabet="a \n你", max_size=5), answer=st.text(alphabet="b \n好"), text=st.text("x \n", min_size=1)
)
async def test_whatever_the_model_says_the_prefix_comes_first(prefix: str, answer: str, text: str) -> None:
    result = await translate(text, answer, output_prefix=prefix)
    assert result.startswith(prefix) if text.strip() else result == text


async def test_the_whitespace_around_a_text_is_kept() -> None:
    assert await translate("\n  Hello\n\n", " Bonjour \n") == "\n  Bonjour\n\n"


async def test_whitespace_that_may_be_the_end_waits() -> None:
    client = reply("a \n b \n")
    with await translator(client).translate(["Hello"], "fr") as texts:
        deltas = [delta async for delta in texts]
    assert "".join(delta.text for delta in deltas) == "a \n b"
    assert not any(delta.text.endswith((" ", "\n")) for delta in deltas)
    assert sum(len(delta.tokens) for delta in deltas) == texts.usage.completion_tokens


async def test_the_prompt_shows_examples_of_the_pair() -> None:
    prompt = await asked("en", "zh")
    assert "from English to Chinese" in prompt
    for english, chinese in zip(SENTENCES["en"], SENTENCES["zh"], strict=True):
        assert f"<|im_start|>user\n{english}<|im_end|>\n<|im_start|>assistant\n{chinese}<|im_end|>" in prompt
    assert prompt.endswith("<|im_start|>user\nGood morning!<|im_end|>\n<|im_start|>assistant\n")


async def test_without_a_source_only_the_target_is_named() -> None:
    prompt = await asked(None, "Chinese")
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


@pytest.mark.parametrize(("text", "expected"), [("Hello", "Bon"), ("Hello\nthere", "Bon\njour")])
async def test_a_base_model_is_stopped_before_it_writes_an_example(text: str, expected: str) -> None:
    client = reply(" Bon\njour\nEnglish: Next")
    with await translator(client, tokenizer("byte_level")).translate([text], "fr", "en") as texts:
        [[choice]] = await texts.collect()
    assert choice.text == expected


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
    client = reply("x")
    await translator(client).translate(["Hi", "Hi " * 100], "de")
    short, long = (request.params.max_tokens for request in client.requests)
    assert short < 100 < 600 < long
    await translator(client).translate(["Hi"], "de", options=Options(max_tokens=5))
    assert client.requests[-1].params.max_tokens == 5


async def test_translation_is_greedy_unless_told_otherwise() -> None:
    client = reply("x")
    await translator(client).translate(["Hi"], "de")
    assert client.requests[0].params.temperature == 0.0


@pytest.mark.parametrize(("languages", "param"), [(("xx", "en"), "target_lang"), (("en", "xx"), "source_lang")])
async def test_an_unknown_language_is_named(languages: tuple[str, str], param: str) -> None:
    with pytest.raises(UnknownLanguage) as error:
        await translator(reply("x")).translate(["Hi"], *languages)
    assert error.value.param == param


async def test_a_text_that_cannot_fit_is_refused() -> None:
    client = ScriptedClient(says([1]), max_model_len=512)
    with pytest.raises(PromptTooLong) as error:
        await translator(client).translate(["Hi", "word " * 500], "de")
    assert error.value.param == "text"
    assert client.streams == []


async def test_leaving_early_aborts() -> None:
    client = reply("one two three")
    with await translator(client).translate(["Hi"], "de") as texts:
        async for _ in texts:
            break
    assert client.streams[0].closed
