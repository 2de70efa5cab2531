"""Requests to OpenAI's completions and chats."""

from typing import Any

from tests.privacy.requests.bodies import SHORT, PathAndBody, messages_with


def bodies(word: str) -> list[PathAndBody]:
    """Requests to OpenAI's completions and chats, correct ones and wrong ones."""
    messages = messages_with(word)
    # Fields that are refused: another model, wrong types, unknown names, unsupported fields.
    wrong: list[dict[str, Any]] = [
        {"model": word},
        {"temperature": word},
        {"max_tokens": [word]},
        {"logit_bias": {word: 1}},
        {"logit_bias": {"1": word}},
        {"stop": [{word: word}]},
        {"bad_words": [word, [word]]},
        {"bad_words": [word], "return_token_ids": True, "prompt_logprobs": 0},
        {"allowed_token_ids": [word]},
        {"truncate_prompt_tokens": word},
        {"stop_token_ids": [word]},
        {"messages": [{"role": word, "content": word}]},
        {"messages": [{"role": "user", "content": {word: word}}]},
        {"messages": [{"role": "user", "content": [{"type": word, "image_url": word}]}]},
        {"stream_options": word},
        {f"{word}.tools": word},
        {"response_format": {"type": "json_object", "schema": {"type": word}}},
        {"guided_json": {"properties": {word: False}, "required": [word], "minimum": word, "$ref": word}},
        {"guided_regex": f"({word}"},
        {"guided_grammar": f"start: {word}"},
        *({name: word} for name in ("tools", "response_format", "guided_regex", "grammar", "regex", "json_schema")),
        *({name: word} for name in ("chat_template", "chat_template_kwargs", "structured_outputs", "suffix")),
    ]
    return [
        ("/v1/completions", {"prompt": [word, word], "n": 2, **SHORT}),
        # The echo model has no log probabilities of prompts, which is an internal error in the API process.
        ("/v1/completions", {"prompt": [word, word], "echo": True, "logprobs": 0, "n": 2, "user": word, **SHORT}),
        ("/v1/chat/completions", {"messages": messages, "metadata": {word: word}, word: word, **SHORT}),
        ("/v1/chat/completions", {"messages": messages, "stream": True, "logprobs": True, **SHORT}),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": f"the template of {word}"}]}),
        *(("/v1/chat/completions", {"messages": messages, **SHORT} | fields) for fields in wrong),
    ]
