"""huggingface_hub: every task of InferenceClient."""

from collections.abc import Callable
from typing import Any

from huggingface_hub import InferenceClient

from tests.matrix.call import Call
from tests.matrix.service import CHAT, CLASSIFIER, EMBEDDER, Service

_NAME = "huggingface_hub"
_MESSAGES = [{"role": "user", "content": "Name a river."}]
_SCHEMA = {"type": "object", "properties": {"x": {"enum": ["a", "b"]}}, "required": ["x"]}
_GRAMMAR = {"type": "json", "value": _SCHEMA}
_FORMAT = {"type": "json_schema", "json_schema": {"name": "x", "schema": _SCHEMA}}
_DATA = b"\x89PNG"

_ROOT: list[tuple[Any, ...]] = [
    ("chat_completion", lambda c: c.chat_completion(_MESSAGES, model=None, max_tokens=5)),
    ("chat_completion stream", lambda c: list(c.chat_completion(_MESSAGES, max_tokens=5, stream=True))),
    ("chat_completion response_format", lambda c: c.chat_completion(_MESSAGES, max_tokens=60, response_format=_FORMAT)),
    ("chat.completions.create", lambda c: c.chat.completions.create(messages=_MESSAGES, max_tokens=5)),
    ("text_generation", lambda c: c.text_generation("A river", max_new_tokens=5)),
    ("text_generation stream", lambda c: list(c.text_generation("A river", max_new_tokens=5, stream=True))),
    ("text_generation details", lambda c: c.text_generation("A", max_new_tokens=5, details=True, top_n_tokens=2)),
    ("text_generation grammar", lambda c: c.text_generation("A", max_new_tokens=60, grammar=_GRAMMAR)),
    ("text_generation sampling", lambda c: c.text_generation("A", max_new_tokens=5, do_sample=True, seed=1, top_k=5)),
    ("text_generation best_of", lambda c: c.text_generation("A", max_new_tokens=5, do_sample=True, best_of=2)),
    ("text_generation stop", lambda c: c.text_generation("A", max_new_tokens=5, stop=["e"])),
    ("question_answering", lambda c: c.question_answering(question="Who?", context="Ada lives here.")),
    ("translation", lambda c: c.translation("Hello.", src_lang="en", tgt_lang="fr")),
    ("get_endpoint_info", lambda c: c.get_endpoint_info()),
    ("health_check", lambda c: _is_true(c.health_check())),
    ("text_generation watermark", lambda c: c.text_generation("A", watermark=True), "watermark"),
    ("text_generation typical_p", lambda c: c.text_generation("A", typical_p=0.5), "typical_p"),
    ("text_generation temperature", lambda c: c.text_generation("A", temperature=-1.0), "temperature"),
    ("translation without languages", lambda c: c.translation("Hello."), "tgt_lang"),
    ("summarization", lambda c: c.summarization("A long text."), "summarization"),
    ("fill_mask", lambda c: c.fill_mask("A [MASK]."), "not served"),
    ("token_classification", lambda c: c.token_classification("Ada."), "not served"),
    ("table_question_answering", lambda c: c.table_question_answering({"a": ["1"]}, query="x"), "question-answering"),
    ("zero_shot_classification", lambda c: c.zero_shot_classification("x", ["a", "b"]), "not served"),
    ("text_to_image", lambda c: c.text_to_image("x"), "not served"),
    ("text_to_speech", lambda c: c.text_to_speech("x"), "not served"),
    ("image_to_text", lambda c: c.image_to_text(_DATA), "JSON"),
    ("image_classification", lambda c: c.image_classification(_DATA), "JSON"),
    ("object_detection", lambda c: c.object_detection(_DATA), "JSON"),
    ("automatic_speech_recognition", lambda c: c.automatic_speech_recognition(_DATA), "JSON"),
    ("document_question_answering", lambda c: c.document_question_answering(_DATA, question="x"), "The tasks here"),
    ("visual_question_answering", lambda c: c.visual_question_answering(_DATA, question="x"), "not served"),
]
_OF_MODELS: list[tuple[Any, ...]] = [
    (EMBEDDER, "feature_extraction", lambda c: c.feature_extraction(["a", "b"])),
    (EMBEDDER, "feature_extraction normalize", lambda c: c.feature_extraction("a", normalize=True)),
    (EMBEDDER, "sentence_similarity", lambda c: c.sentence_similarity("a", ["a", "b"])),
    (CLASSIFIER, "text_classification", lambda c: c.text_classification("x")),
    (CLASSIFIER, "text_classification top_k", lambda c: c.text_classification("x", top_k=1)),
    (EMBEDDER, "feature_extraction prompt_name", lambda c: c.feature_extraction("a", prompt_name="q"), "prompt"),
    (
        f"{CHAT}/pipeline/feature-extraction",
        "feature_extraction of a chat model",
        lambda c: c.feature_extraction("a"),
        EMBEDDER,
    ),
]


def _is_true(value: object) -> None:
    assert value is True


def _run(function: Callable[[InferenceClient], Any], model: str = "") -> Callable[[Service], None]:
    def run(service: Service) -> None:
        function(
            InferenceClient(
                f"{service.url}/models/{model}" if model else service.url, token="any", provider="hf-inference"
            )
        )

    return run


CALLS = [
    *(Call(_NAME, name, _run(function), tuple(words), must_work=not words) for name, function, *words in _ROOT),
    *(
        Call(_NAME, name, _run(function, model), tuple(words), must_work=not words)
        for model, name, function, *words in _OF_MODELS
    ),
]
