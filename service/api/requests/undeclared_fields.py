"""Fields of a body that its model does not declare.

- A field that other services obey and this service does not is refused by its name, unless its value asks for nothing.
- A field that changes nothing in the answer by its definition is accepted.
- All other fields are unknown. They are listed in the header ``x-ignored-params``, or refused with ``strict_params``.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from service.api.errors import ApiError, invalid

HEADER = "x-ignored-params"
_HEADER_LENGTH = 1000
MOST_IGNORED = 1000  # fields
_UNSAFE = re.compile(r"[^A-Za-z0-9_.\[\]-]", re.ASCII)

# The client's own names, hints, and privacy settings: no answer depends on them. Texts of tokens have no spaces between
# special tokens that the tokens do not have.
WITHOUT_EFFECT = frozenset(
    {
        "user",
        "metadata",
        "safety_identifier",
        "prompt_cache_key",
        "spaces_between_special_tokens",
        "parallel_tool_calls",
        "include_reasoning",
        "cache_control",
    }
)

# Field -> the values that ask for nothing. null is always one of them.
REFUSED: dict[str, tuple[Any, ...]] = {
    # OpenAI
    "access_programs": (),
    "audio": (),
    "background_options": (),
    "best_of": (1,),
    "context_management": ([],),
    "function_call": ("none", "auto"),
    "functions": ([],),
    "image": (),
    "include_obfuscation": (False,),
    "modalities": (["text"],),
    "moderation": (),
    "prediction": (),
    "prompt_cache_options": (),
    "prompt_cache_retention": ("in_memory",),
    "reasoning_effort": ("none",),
    "response_format": ({"type": "text"},),
    "service_tier": ("auto", "default"),
    "store": (False,),
    "suffix": ("",),
    "tool_choice": ("none", "auto"),
    "tools": ([],),
    "verbosity": ("medium",),
    "web_search_options": (),
    "chunking_strategy": ("auto",),
    "include[]": (),
    "known_speaker_names": ([],),
    "known_speaker_names[]": (),
    "known_speaker_references": ([],),
    "known_speaker_references[]": (),
    # OpenAI's, obeyed by routes that declare them
    "add_generation_prompt": (True,),
    "continue_final_message": (False,),
    "echo": (False,),
    "logprobs": (False,),
    "n": (1,),
    "top_logprobs": (0,),
    # Those of /v1/translate
    "alternatives": (0, "0"),
    "output_prefix": ("",),
    # Hugging Face's tasks
    "align_to_words": (True,),
    "clean_up_tokenization_spaces": (False,),
    "max_question_len": (),
    "max_seq_len": (),
    "no_repeat_ngram_size": (0,),
    "num_beams": (1,),
    "num_return_sequences": (1,),
    # transformers' generate
    "bad_words_ids": ([],),
    "begin_suppress_tokens": ([],),
    "diversity_penalty": (0,),
    "encoder_no_repeat_ngram_size": (0,),
    "encoder_repetition_penalty": (1,),
    "epsilon_cutoff": (0,),
    "eta_cutoff": (0,),
    "exponential_decay_length_penalty": (),
    "force_words_ids": ([],),
    "forced_bos_token_id": (),
    "forced_eos_token_id": (),
    "max_time": (),
    "min_length": (0,),
    "min_new_tokens": (0,),
    "num_beam_groups": (1,),
    "penalty_alpha": (0,),
    "renormalize_logits": (False,),
    "sequence_bias": (),
    "stop_strings": ([],),
    "suppress_tokens": ([],),
    # of tasks
    "padding": ("do_not_pad", False),
    "stream": (False,),
    "truncation": ("do_not_truncate", False),
    # DeepL
    "custom_instructions": ([],),
    "enable_document_minification": (False, "0", "false"),
    "glossary_id": (),
    "glossary_ids": ([],),
    "style_id": (),
    "translation_memory_id": (),
    "translation_memory_threshold": (),
    # Cohere and Jina
    "images": ([],),
    "inputs": (),
    "late_chunking": (False,),
    "max_chunks_per_doc": (),
    "rank_fields": (["text"],),
    "relevant_spans": ({"mode": "disabled"},),
    "return_embeddings": (False,),
    "task": (),
    # Anthropic
    "allowed_callers": (["direct"],),
    "caller": ({"type": "direct"},),
    "compaction": (),
    "container": (),
    "defer_loading": (False,),
    "diagnostics": ({"previous_message_id": None},),
    "fallbacks": ([],),
    "inference_geo": (),
    "mcp_servers": ([],),
    "task_budget": (),
    "toolset_name": (),
    # llama.cpp
    "input_extra": ([],),
    "input_prefix": ("",),
    "input_suffix": ("",),
    "lora": ([],),
    "response_fields": ([],),
    "sse_ping_interval": (),
    # Ollama
    "context": ([], ""),
    "height": (),
    "steps": (),
    "template": ("",),
    "think": (False,),
    "width": (),
    # Fields of a message
    "thinking": ("",),
    "tool_name": ("",),
    "tool_calls": ([],),
    "tool_call_id": (),
    "refusal": ("",),
    # vLLM and similar servers
    "activation": (True,),
    "allowed_token_ids": (),
    "bad_words": ([],),
    "chat_template": (),
    "chat_template_kwargs": ({},),
    "documents": ([],),
    "early_stopping": (False,),
    "grammar": (),
    "guided_choice": (),
    "guided_grammar": (),
    "guided_json": (),
    "guided_regex": (),
    "json_schema": (),
    "length_penalty": (1, 1.0),
    "logits_processors": ([],),
    "mm_processor_kwargs": (),
    "prompt_logprobs": (),
    "regex": (),
    "softmax": (True,),
    "return_token_ids": (False,),
    "return_tokens_as_token_ids": (False,),
    "structured_outputs": (),
    "truncate_prompt_tokens": (),
    "typical_p": (1, 1.0),
    "use_beam_search": (False,),
}


def ignored_header(request: BaseModel, *, strict: bool) -> dict[str, str]:
    """The header that names the unknown fields; empty if there are none.

    Raises ApiError for a refused field and, if ``strict``, for an unknown one.
    """
    ignored = []
    for prefix, name, value in _undeclared(request):
        path = prefix + name
        if value is None or name in WITHOUT_EFFECT:
            continue
        if name not in REFUSED:
            ignored.append(path)
            if len(ignored) > MOST_IGNORED:
                raise ApiError(400, f"More than {MOST_IGNORED} fields are unknown", code="unknown_field")
        elif value not in REFUSED[name]:
            raise invalid(_safe(path), f"{_safe(path)}: this service cannot do what the field asks for; leave it out")
    # A field of list items is named once, not once for each item.
    names = dict.fromkeys(re.sub(r"\.\d+\.", ".", path) for path in ignored)
    return with_ignored({}, names, strict=strict)


def with_ignored(headers: Mapping[str, str], paths: Iterable[str], *, strict: bool) -> dict[str, str]:
    """The header that names these fields beside those that ``headers`` names already; empty if there are none.

    Raises ApiError for a field if ``strict``.
    """
    names = [*filter(None, [headers.get(HEADER)]), *map(_safe, paths)]
    if not names:
        return {}
    if strict:
        raise ApiError(400, f"{names[0]}: unknown field", param=names[0], code="unknown_field")
    return {HEADER: _join(names)}


def _undeclared(model: BaseModel, prefix: str = "") -> Iterator[tuple[str, str, Any]]:
    """For each undeclared field: the path of its parent, its name and its value."""
    for name, value in (model.model_extra or {}).items():
        yield prefix, name, value
    for name, value in vars(model).items():  # the declared fields
        if value is None:  # most fields; a comparison with the classes of pydantic takes far longer
            continue
        if isinstance(value, BaseModel):
            yield from _undeclared(value, f"{prefix}{name}.")
        elif (
            isinstance(value, list) and value and isinstance(value[0], BaseModel)
        ):  # all items of a list are of one type
            for i, item in enumerate(value):
                if isinstance(item, BaseModel):
                    yield from _undeclared(item, f"{prefix}{name}.{i}.")


def _safe(name: str) -> str:
    """The name without characters that could break a header, and not too long."""
    return _UNSAFE.sub("?", name[:100]) or "?"


def _join(names: Iterable[str]) -> str:
    """The names with commas between them. Names that do not fit into the header become an ellipsis."""
    header = ""
    for name in names:
        if len(header) + len(name) + 2 > _HEADER_LENGTH:
            return header + ", ..."
        header = f"{header}, {name}" if header else name
    return header
