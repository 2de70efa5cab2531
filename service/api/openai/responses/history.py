"""The items that a request continues, and the messages that they are for the model."""

from collections.abc import Sequence
from typing import Any

import msgspec

from service.api.errors import ApiError, invalid
from service.api.openai.responses.input.input_items import InputItem, ItemReference
from service.api.openai.responses.items import (
    FunctionCallItem,
    FunctionCallOutputItem,
    Item,
    MessageItem,
    ReasoningItem,
)
from service.api.openai.responses.store import ResponseStore, StoredResponse

_decode_items = msgspec.json.Decoder(list[Item]).decode


class _Output(msgspec.Struct):
    """The part of a stored response that has items."""

    output: list[Item]


_decode_output = msgspec.json.Decoder(_Output).decode


class History:
    """The items of stored responses, for the requests of one owner."""

    def __init__(self, store: ResponseStore, owner: str) -> None:
        self._store = store
        self._owner = owner

    def before(self, previous_id: str | None) -> list[Item]:
        """All items of a stored response and of those that it continues.

        Raises ApiError (400, with OpenAI's code) if one of them is not kept.
        """
        if previous_id is None:
            return []
        chain = self._store.chain(self._owner, previous_id)
        if chain is None:
            message = "previous_response_id: this response, or one that it continues, is not stored (any more)"
            raise ApiError(400, message, param="previous_response_id", code="previous_response_not_found")
        return [item for stored in chain for item in items_of(stored)]

    def resolved(self, input: Sequence[InputItem]) -> list[Item]:
        """The items of a request's input. References become the items that they name.

        Raises ApiError (404) for a reference to an item that is not kept.
        """
        return [
            self._referenced(item.id, f"input.{i}.id") if isinstance(item, ItemReference) else item.item()
            for i, item in enumerate(input)
        ]

    def _referenced(self, id: str, param: str) -> Item:
        stored = self._store.get_with_item(self._owner, id)
        if stored is None:
            raise ApiError(404, f"{param}: there is no stored item with this id", param=param, code="item_not_found")
        return next(item for item in items_of(stored) if item.id == id)


def input_of(stored: StoredResponse) -> list[Item]:
    """The items of a stored response's input."""
    return _decode_items(stored.input)


def items_of(stored: StoredResponse) -> list[Item]:
    """The items of a stored response's input and output."""
    return [*input_of(stored), *_decode_output(stored.body).output]


def messages(instructions: str | None, items: Sequence[Item]) -> list[dict[str, Any]]:
    """The items as ``Conversation`` takes them. Thoughts, text and calls that follow each other are one turn.

    Raises ApiError (400) for a result of a call that is not there.
    """
    turns: list[dict[str, Any]] = [{"role": "system", "content": instructions}] if instructions else []
    calls: set[str] = set()
    for item in items:
        last = turns[-1] if turns and turns[-1]["role"] == "assistant" else None
        match item:
            case MessageItem(role="assistant") if last is not None and not last["content"]:
                last["content"] = item.text
            case MessageItem():
                turns.append({"role": "system" if item.role == "developer" else item.role, "content": item.text})
            case ReasoningItem():
                if item.text:
                    turns.append({"role": "assistant", "content": "", "reasoning_content": item.text})
            case FunctionCallItem():
                if last is None:
                    turns.append(last := {"role": "assistant", "content": ""})
                calls.add(item.call_id)
                function = {"name": item.name, "arguments": item.arguments}
                last.setdefault("tool_calls", []).append({"id": item.call_id, "type": "function", "function": function})
            case FunctionCallOutputItem():
                if item.call_id not in calls:
                    raise invalid("input", "input: a function_call_output has a call_id that no function_call has")
                turns.append({"role": "tool", "tool_call_id": item.call_id, "content": item.output})
    return turns
