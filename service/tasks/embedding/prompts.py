"""The prompt before a text: named by the client, chosen by the kind of text, or the model's default."""

from collections.abc import Mapping
from typing import Literal

from service.errors import InvalidOption

# The kinds of texts, in the words of several APIs.
InputType = Literal["query", "search_query", "document", "passage", "search_document", "classification", "clustering"]

# The names of the prompts that fit a kind of texts, the best one first.
_PROMPTS_OF_INPUT_TYPES: dict[InputType, tuple[str, ...]] = {
    "query": ("query",),
    "search_query": ("query",),
    "document": ("document", "passage", "corpus"),
    "passage": ("document", "passage", "corpus"),
    "search_document": ("document", "passage", "corpus"),
    "classification": ("classification", "Classification"),
    "clustering": ("clustering", "Clustering"),
}


def find_prompt(prompts: Mapping[str, str], default: str, *, name: str | None, input_type: InputType | None) -> str:
    """The text of the prompt with this name, or for texts of this type, or else the default.

    As in sentence-transformers, queries and documents without a prompt of their own get none. Raises InvalidOption.
    """
    if name is not None:
        if name not in prompts:
            known = ", ".join(sorted(prompts)) or "none"
            raise InvalidOption(f"The model has no prompt of this name; its prompts: {known}", param="prompt_name")
        return prompts[name]
    if input_type is None:
        return default
    for candidate in _PROMPTS_OF_INPUT_TYPES[input_type]:
        if prompts.get(candidate):
            return prompts[candidate]
    return default if input_type in ("classification", "clustering") else ""
