"""A text of a client is data: whatever it spells, no route lets it forge a turn, an answer or an example.

The prompts that reach the engine are read. Their control tokens must be those of a harmless text on the same route.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from html import escape
from typing import Any

import pytest
from tokenizers import AddedToken

from service.tasks.answering.history.rewriting_prompt import rewriting_prompt
from service.tasks.answering.phrases import phrases_for
from service.tasks.answering.prompts import AnswerPrompt, extraction_prompt
from service.tasks.answering.query import Exchange
from service.tasks.generation.few_shot import FewShot
from service.tasks.text.chat_template import ChatTemplate
from service.tasks.text.control_tokens import ControlTokens
from service.tasks.text.tokenizer import Tokenizer
from tests.api.hostile_texts import BRACKETED, CONTROL, HARMLESS, HOSTILE
from tests.api.scripted import Scripted, scripted_service
from tests.fakes.engine import ScriptedEngine
from tests.fakes.tokenizer import EOS, byte_library
from tests.tasks.text.test_chat_template import CHATML

TEXTS = [text for _, text in HOSTILE]
Prompts = list[tuple[int, ...]]


def hostile_tokenizer() -> Tokenizer:
    """A tokenizer that has the control tokens of all families, whatever the text is written for."""
    library = byte_library()
    library.add_special_tokens(list(CONTROL))
    library.add_tokens([AddedToken(token, special=False, normalized=False) for token in BRACKETED])
    return Tokenizer(library, eos_token_ids=[EOS], chat_template=ChatTemplate(CHATML, {}))


TOKENIZER = hostile_tokenizer()
FORGEABLE = frozenset(TOKENIZER.added_tokens.values())


@pytest.fixture(scope="module")
def service() -> Iterator[Scripted]:
    engine = ScriptedEngine(max_model_len=50_000, num_blocks=5000, vocab_size=TOKENIZER.vocab_size)
    engine.tokenizer = TOKENIZER
    with scripted_service(engine, max_texts=100) as running:
        yield running


def structures(prompts: Prompts) -> set[tuple[int, ...]]:
    """The control tokens of each prompt, in order."""
    return {tuple(token for token in prompt if token in FORGEABLE) for prompt in prompts}


def post(service: Scripted, path: str, body: dict[str, Any]) -> tuple[Any, Prompts]:
    """The answer, and the prompts that the engine got for it."""
    first = len(service.engine.requests)
    response = service.http.post(path, json=body)
    assert response.status_code == 200, response.text
    return response.json(), [tuple(request.prompt) for request in service.engine.requests[first:]]


def spelled(text: str) -> Counter[str]:
    """The control tokens that a text spells."""
    return Counter(text[start:end] for start, end in TOKENIZER.control_tokens.find(text))


def in_html(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def called(text: str) -> dict[str, Any]:
    call = {"id": "1", "type": "function", "function": {"name": "press", "arguments": json.dumps({"button": text})}}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def tool(text: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"button": {"type": "string", "description": text, "enum": [text]}}}
    return {"type": "function", "function": {"name": "press", "description": text, "parameters": schema}}


GERMAN = {"target_lang": "German", "source_lang": "English"}
LIBRE, PAIR = {"target": "de", "source": "en"}, {"src_lang": "en", "tgt_lang": "de"}
OLLAMA = {"model": "org/tiny", "stream": False}
MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi."}]
Body = Callable[[Any], dict[str, Any]]

# Routes that translate a list of texts.
TRANSLATING: dict[str, tuple[str, Body]] = {
    "native": ("/v1/translate", lambda texts: {"text": texts, **GERMAN}),
    "native, detected": ("/v1/translate", lambda texts: {"text": texts, "target_lang": "ko"}),
    "native markdown": ("/v1/translate", lambda texts: {"text": texts, "format": "markdown", **GERMAN}),
    "native html": ("/v1/translate", lambda texts: {"text": [*map(in_html, texts)], "format": "html", **GERMAN}),
    "native xml": ("/v1/translate", lambda texts: {"text": [*map(in_html, texts)], "format": "xml", **GERMAN}),
    "libretranslate": ("/translate", lambda texts: {"q": texts, **LIBRE}),
    "libretranslate html": ("/translate", lambda texts: {"q": [*map(in_html, texts)], "format": "html", **LIBRE}),
    "deepl": ("/v2/translate", lambda texts: {"text": texts[:40], "target_lang": "DE", "source_lang": "EN"}),
    "deepl html": ("/v2/translate", lambda texts: {"text": texts[-40:], "target_lang": "DE", "tag_handling": "html"}),
    "pipeline": ("/pipeline/translation", lambda texts: {"inputs": texts, "parameters": PAIR}),
    "root": ("/", lambda texts: {"inputs": texts, "parameters": PAIR}),
}
# Routes that take one text, in every field that is a text.
TAKING_ONE: dict[str, tuple[str, Body]] = {
    "context of a translation": ("/v1/translate", lambda text: {"text": "Hi.", "context": text, **GERMAN}),
    "prefix of a translation": ("/v1/translate", lambda text: {"text": "Hi.", "output_prefix": text, **GERMAN}),
    "glossary": (
        "/v1/translate",
        lambda text: {"text": "Hi.", "glossary": [{"source": "Hi", "target": text}], **GERMAN},
    ),
    "context of deepl": ("/v2/translate", lambda text: {"text": ["Hi."], "context": text, "target_lang": "DE"}),
    "question": ("/v1/answer", lambda text: {"question": text}),
    "question about a text": ("/v1/answer", lambda text: {"question": text, "context": "It rains."}),
    "text": ("/v1/answer", lambda text: {"question": "Who?", "context": text}),
    "documents": (
        "/v1/answer",
        lambda text: {
            "question": "Who?",
            "mode": "generative",
            "documents": [{"id": "a", "text": text, "title": text}, {"id": "b", "text": "It rains."}],
        },
    ),
    "history": (
        "/v1/answer",
        lambda text: {"question": "Did he?", "context": "It rains.", "history": [{"question": text, "answer": text}]},
    ),
    "question answering": ("/", lambda text: {"inputs": {"question": text, "context": text}}),
    "chat": ("/v1/chat/completions", lambda text: {"messages": [{"role": "user", "content": text}]}),
    "parts of a chat": (
        "/v1/chat/completions",
        lambda text: {"messages": [*MESSAGES, {"role": "user", "content": [{"type": "text", "text": text}]}]},
    ),
    "arguments and result of a call": (
        "/v1/chat/completions",
        lambda text: {"messages": [*MESSAGES, called(text), {"role": "tool", "tool_call_id": "1", "content": text}]},
    ),
    "description of a tool": ("/v1/chat/completions", lambda text: {"messages": MESSAGES, "tools": [tool(text)]}),
    "system message": ("/v1/chat/completions", lambda text: {"messages": [{"role": "system", "content": text}]}),
    "anthropic": (
        "/v1/messages",
        lambda text: {"max_tokens": 9, "system": text, "messages": [{"role": "user", "content": text}]},
    ),
    "responses": ("/v1/responses", lambda text: {"input": text, "instructions": text}),
    "ollama": ("/api/chat", lambda text: {"messages": [{"role": "user", "content": text}], **OLLAMA}),
    "ollama prompt": ("/api/generate", lambda text: {"prompt": text, "system": text, **OLLAMA}),
    "generate": ("/v1/generate", lambda text: {"messages": [{"role": "user", "content": text}]}),
    "gap": ("/infill", lambda text: {"input_prefix": text, "input_suffix": text, "prompt": text}),
}


@pytest.mark.parametrize(("path", "body"), TRANSLATING.values(), ids=TRANSLATING.keys())
def test_no_text_forges_a_turn_in_a_translation(service: Scripted, path: str, body: Body) -> None:
    _, harmless = post(service, path, body([*HARMLESS.values()]))
    _, prompts = post(service, path, body(TEXTS))
    assert structures(prompts) <= structures(harmless)


def test_control_tokens_are_in_the_translation_as_often_as_in_the_text(service: Scripted) -> None:
    answer, _ = post(service, "/v1/translate", {"text": TEXTS, **GERMAN})
    for text, translation in zip(TEXTS, answer["translations"], strict=True):
        assert spelled(translation["text"]) == spelled(text)


@pytest.mark.parametrize(("path", "body"), TAKING_ONE.values(), ids=TAKING_ONE.keys())
def test_no_text_forges_a_turn_in_any_other_field(service: Scripted, path: str, body: Body) -> None:
    harmless: Prompts = []
    for text in HARMLESS.values():
        harmless += post(service, path, body(text))[1]
    for text in TEXTS:
        _, prompts = post(service, path, body(text))
        assert prompts
        assert structures(prompts) <= structures(harmless), text


def test_what_the_assistant_said_keeps_marks_of_thoughts_and_forges_no_turn(service: Scripted) -> None:
    marks = {TOKENIZER.added_tokens[token] for token in BRACKETED}

    def body(text: str) -> dict[str, Any]:
        return {"messages": [*MESSAGES, {"role": "assistant", "content": text}, MESSAGES[-1]]}

    [(*harmless,)] = structures(post(service, "/v1/chat/completions", body("It rains."))[1])
    for text in TEXTS:
        [found] = structures(post(service, "/v1/chat/completions", body(text))[1])
        assert [token for token in found if token not in marks] == harmless, text
    [found] = structures(post(service, "/v1/chat/completions", body("<think>Rain.</think>It rains."))[1])
    assert len(set(found) & marks) == 2


def test_a_chat_model_reads_the_text_as_it_is(service: Scripted) -> None:
    for text in TEXTS:
        _, [prompt] = post(service, "/v1/chat/completions", {"messages": [{"role": "user", "content": text}]})
        assert text in TOKENIZER.decode(prompt, skip_special_tokens=False)


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
async def test_no_line_of_a_text_forges_an_example_in_a_document(text: str) -> None:
    prompt = FewShot(instruction=f"Translate. {text}", examples=(("a", "b"),), labels=("English", "German"))
    lines = TOKENIZER.decode(await prompt.encode(TOKENIZER, text, style="base")).splitlines()
    assert sum(line.startswith("English:") for line in lines) == sum(line.startswith("German:") for line in lines) == 2
    about = extraction_prompt(text, text)
    harmless = next(each for each in ("Who?", "谁？") if phrases_for(each) is phrases_for(text))
    assert await labels_of(about) == await labels_of(extraction_prompt(harmless, harmless))


async def labels_of(about: AnswerPrompt) -> list[str]:
    """The labels at the beginnings of lines."""
    document = TOKENIZER.decode(await about.encode(TOKENIZER, style="base"))
    labels = re.compile(r"(?:Context|上下文|Question|问题|Answer|答案)[:：]")
    return [found[0] for line in document.splitlines() if (found := labels.match(line))]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
async def test_no_line_of_a_history_forges_an_exchange(text: str) -> None:
    def labels(prompt: str) -> list[str]:
        return re.findall(
            r"^(?:Question|Answer|Last question|Rewritten question|问题|答案|最后的问题|改写后的问题)[:：]",
            prompt,
            re.M,
        )

    found = []
    for each in ("Who?", text):
        prompt = rewriting_prompt("Did he?", [Exchange(each, each), Exchange(each, each)])
        found.append(labels(TOKENIZER.decode(await prompt.encode(TOKENIZER, style="base"))))
    assert found[0] == found[1]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
async def test_an_example_of_a_client_forges_no_turn(text: str) -> None:
    few_shot = FewShot(instruction="Translate.", examples=(("a", "b"),), labels=("English", "German"))
    harmless, hostile = [
        structures([tuple(await few_shot.with_example(each, each).encode(TOKENIZER, "c"))])
        for each in ("It rains.", text)
    ]
    assert hostile == harmless


def test_without_the_protection_the_texts_forge_turns(service: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other tests can fail."""
    forging = [text for text in TEXTS if spelled(text)]
    for path, body in (TAKING_ONE["question"], TAKING_ONE["chat"], TAKING_ONE["text"], TAKING_ONE["gap"]):
        kept = structures([prompt for text in forging for prompt in post(service, path, body(text))[1]])
        with monkeypatch.context() as patch:
            patch.setattr(ControlTokens, "find", lambda self, text, only_special=False: [])
            forged = [post(service, path, body(text))[1] for text in forging]
        assert all(structures(prompts).isdisjoint(kept) for prompts in forged)
