"""Messages with calls of tools, as the chat template of a model takes them.

Templates that know tools get tools and calls in OpenAI's shape, with arguments as objects, which is what the templates
on the hub expect. For templates that do not, a system message describes the tools, and calls and their results become
texts in the generic format.
"""

import json
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

from service.tasks.conversation.formats.tool import Tool
from service.tasks.conversation.formats.tool_format import GENERIC, ToolFormat
from service.tasks.text.chat_template import Message


def template_messages(messages: Sequence[Message], format: ToolFormat | None) -> list[Message]:
    """The messages for a template that knows tools. Results get the name of their tool, and ids their right length."""
    length = None if format is None else format.id_length
    names = {call["id"]: call["function"]["name"] for message in messages for call in message.get("tool_calls", ())}
    return [_for_template(message, names, length) for message in messages]


def generic_messages(messages: Sequence[Message], tools: Sequence[Tool]) -> list[Message]:
    """The messages for a template that knows no tools."""
    turns: list[dict[str, Any]] = []
    for message in messages:
        role, content = message["role"], message.get("content") or ""
        if role == "tool":
            result = f"<tool_response>\n{content}\n</tool_response>"
            if turns and turns[-1].get("name") == "tool":
                turns[-1]["content"] += f"\n{result}"
            else:
                turns.append({"role": "user", "content": result, "name": "tool"})
        elif calls := message.get("tool_calls"):
            texts = [content] if content else []
            texts += [_call_text(call["function"]) for call in calls]
            turns.append({**message, "content": "\n".join(texts)})
            del turns[-1]["tool_calls"]
        else:
            turns.append(dict(message))
    for turn in turns:
        if turn.get("name") == "tool":
            del turn["name"]
    if tools:
        description = _description(tools)
        if turns and turns[0]["role"] == "system":
            turns[0] = {**turns[0], "content": f"{turns[0]['content']}\n\n{description}"}
        else:
            turns.insert(0, {"role": "system", "content": description})
    return list(turns)


def _description(tools: Sequence[Tool]) -> str:
    lines = "\n".join(json.dumps(tool.declaration()["function"], ensure_ascii=False) for tool in tools)
    return (
        "You can call these functions:\n"
        f"{lines}\n\n"
        "To call a function, write its name and its arguments as JSON, in this form:\n"
        f"{GENERIC.before}name{GENERIC.between}{{...}}{GENERIC.after}\n"
        "Call a function only if it helps to answer. Its result follows as a <tool_response>."
    )


def _call_text(function: Mapping[str, Any]) -> str:
    return f"{GENERIC.before}{function['name']}{GENERIC.between}{function['arguments']}{GENERIC.after}"


def _for_template(message: Message, names: Mapping[str, str], id_length: int | None) -> Message:
    """The message with arguments as objects. Arguments that are not JSON, because they were cut off, stay a text."""
    changed = dict(message)
    if calls := message.get("tool_calls"):
        changed["tool_calls"] = [
            {
                **call,
                "id": _fitting_id(call["id"], id_length),
                "function": {**call["function"], "arguments": _as_object(call["function"]["arguments"])},
            }
            for call in calls
        ]
    if "tool_call_id" in message:
        if (name := names.get(message["tool_call_id"])) is not None:
            changed.setdefault("name", name)
        changed["tool_call_id"] = _fitting_id(message["tool_call_id"], id_length)
    return changed


def _as_object(arguments: str) -> Any:
    try:
        return json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        return arguments


def _fitting_id(id: str, length: int | None) -> str:
    if length is None or len(id) == length:
        return id
    return blake2b(id.encode(), digest_size=16).hexdigest()[:length]
