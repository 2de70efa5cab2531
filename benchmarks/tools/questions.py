"""The questions and the right calls of the Berkeley Function Calling Leaderboard, from the package ``bfcl-eval``.

The project contains none of them: pip downloads the package, without its dependencies, into the user's cache.
"""

import json
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from benchmarks.report.statistics import evenly_spaced
from service.tasks.conversation.formats.tool import Tool

PACKAGE = "bfcl-eval==2026.3.23"
# By name: the file, and whether the right answer has calls.
CATEGORIES = {
    "simple": ("BFCL_v4_simple_python.json", True),
    "multiple": ("BFCL_v4_multiple.json", True),
    "parallel": ("BFCL_v4_parallel.json", True),
    "irrelevance": ("BFCL_v4_irrelevance.json", False),
}
_FOLDER = "bfcl_eval/data/"
# The names of types in the data, where they are not those of JSON Schema.
_TYPES = {"dict": "object", "float": "number", "tuple": "array", "list": "array", "bool": "boolean", "str": "string"}
_NOT_A_SCHEMA = {"optional"}  # keys that stand among the keywords

# A call as the data has it: the name, and for each argument the values that are right. "" stands for no argument.
RightCall = tuple[str, Mapping[str, Sequence[Any]]]


@dataclass(frozen=True, slots=True)
class ToolQuestion:
    """Messages, tools, and the right calls; none if no tool can help."""

    id: str
    messages: list[dict[str, Any]]
    tools: tuple[Tool, ...]
    right: tuple[RightCall, ...]


def ensure_questions(data: Path | None = None) -> Path:
    """The directory of the data: ``data``, or what the package has. Raises CalledProcessError if pip fails."""
    if data is not None:
        return data
    cache = user_cache_path("trivium") / "bfcl"
    if not (cache / CATEGORIES["simple"][0]).is_file():
        wheels = cache / "wheel"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(wheels), PACKAGE]
        subprocess.run(command, check=True)
        [wheel] = wheels.glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            for file, has_calls in CATEGORIES.values():
                for name in [file, f"possible_answer/{file}"] if has_calls else [file]:
                    target = cache / name
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(archive.read(_FOLDER + name))
    return cache


def load_questions(data: Path, category: str, count: int) -> list[ToolQuestion]:
    """Questions of a category, taken evenly from all of it."""
    file, has_calls = CATEGORIES[category]
    right = {}
    if has_calls:
        answers = _read_lines(data / "possible_answer" / file)
        right = {answer["id"]: tuple(_right_call(call) for call in answer["ground_truth"]) for answer in answers}
    return [
        ToolQuestion(
            line["id"],
            line["question"][0],
            tuple(_tool(function) for function in line["function"]),
            right.get(line["id"], ()),
        )
        for line in evenly_spaced(_read_lines(data / file), count)
    ]


def _read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _right_call(call: Mapping[str, Any]) -> RightCall:
    [(name, arguments)] = call.items()
    return name, arguments


def _tool(function: Mapping[str, Any]) -> Tool:
    return Tool(function["name"], function["description"], as_json_schema(function["parameters"]), "tools")


def as_json_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a function as JSON Schema, closed against further arguments."""
    converted = {key: value for key, value in schema.items() if key not in _NOT_A_SCHEMA}
    kind = converted.get("type")
    if kind == "any":
        del converted["type"]
    elif kind is not None:
        converted["type"] = _TYPES.get(kind, kind)
    if "properties" in converted:
        converted["properties"] = {name: as_json_schema(each) for name, each in converted["properties"].items()}
        converted["additionalProperties"] = False
    if "items" in converted:
        converted["items"] = as_json_schema(converted["items"])
    return converted
