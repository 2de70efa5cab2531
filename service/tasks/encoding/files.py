"""JSON files of a checkpoint, all of which are optional."""

import json
from pathlib import Path
from typing import Any


def read_object(path: Path) -> dict[str, Any]:
    """The object in a file; empty if there is no such file. Raises OSError or ValueError if it cannot be read."""
    content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if not isinstance(content, dict):
        raise ValueError(f"{path} is not a JSON object")
    return content


def read_list(path: Path) -> list[dict[str, Any]]:
    """The list of objects in a file; empty if there is no such file. Raises what ``read_object`` raises."""
    content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    if not (isinstance(content, list) and all(isinstance(each, dict) for each in content)):
        raise ValueError(f"{path} is not a list of JSON objects")
    return content
