"""The examples of docs/extending.md are carried out in a copy of the service, as they stand there."""

import ast
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/extending.md").read_text(encoding="utf-8")

ASK = """
from tests.api.scripted import scripted_service

with scripted_service() as service:
    given = service.http.post("/v1/generate", json={"prompt": "x", "top_a": 0.25})
    assert given.status_code == 200, given.text
    assert "x-ignored-params" not in given.headers
    assert service.engine.requests[-1].params.top_a == 0.25

    service.http.post("/v1/generate", json={"prompt": "x"})
    assert service.engine.requests[-1].params.top_a == 0

    wrong = service.http.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": "x"}], "top_a": 2})
    assert (wrong.status_code, wrong.json()["error"]["param"]) == (400, "top_a")
    document = service.http.get("/openapi.json").json()
    assert "top_a" in document["components"]["schemas"]["AnswerRequest"]["properties"]
"""

WRITE_A_TITLE = """
from tests.api.openapi.document import Document
from tests.api.scripted import scripted_service

with scripted_service() as service:
    answer = service.http.post("/v1/title", json={"text": "Two rivers meet near Arlen."})
    assert (answer.status_code, answer.json()["title"]) == (200, "Hello"), answer.text
    Document(service).check(answer, "/v1/title")
    assert service.http.post("/v1/title", json={}).json()["error"]["param"] == "text"
    service.engine.status = "restarting"
    assert service.http.post("/v1/title", json={"text": "x"}).status_code == 503
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the service that the examples may change."""
    shutil.copytree(ROOT / "service", tmp_path / "service", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def section(title: str) -> str:
    return DOCUMENT.partition(f"## {title}\n")[2].partition("\n## ")[0]


def steps(title: str) -> list[tuple[str, str, str]]:
    """Path, class if one is named, and code of each step that has code."""
    pattern = r"(?:In )?`(service/[^`]+\.py)`(?:, class `(\w+)`)?:.*?```python\n(.*?)```"
    found = re.findall(pattern, section(title), re.DOTALL)
    return [(path, name, textwrap.dedent(code.replace("\n   ", "\n")[3:])) for path, name, code in found]


def add_to_class(path: Path, name: str, code: str) -> None:
    """Append code to the body of a class."""
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines(keepends=True)
    end = next(
        node.end_lineno for node in ast.parse(source).body if isinstance(node, ast.ClassDef) and node.name == name
    )
    assert end is not None
    lines.insert(end, "\n" + textwrap.indent(code, "    "))
    path.write_text("".join(lines), encoding="utf-8")


def run(copy: Path, script: str) -> None:
    """Run a script with the copied service, and the tests' own tools."""
    environment = os.environ | {"PYTHONPATH": f"{copy}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=copy, env=environment, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr


def add_a_sampling_parameter(copy: Path) -> None:
    definitions = steps("Add a sampling parameter")
    assert [name for _, name, _ in definitions] == ["SharedSamplingFields", "SamplingParams"]
    for path, name, code in definitions:
        add_to_class(copy / path, name, code)


def add_a_route(copy: Path) -> None:
    files = steps("Add a route")
    assert len(files) == 3
    for path, _, code in files:
        (copy / path).parent.mkdir(exist_ok=True)
        (copy / path).write_text(code, encoding="utf-8")
    routers = copy / "service/api/routers.py"
    source = routers.read_text(encoding="utf-8")
    source = source.replace(
        "ROUTERS = (", "from service.api.native.title import route as title\n\nROUTERS = (\n    title.router,"
    )
    routers.write_text(source, encoding="utf-8")


def test_the_service_has_what_the_examples_add(copy: Path) -> None:
    """One process has both examples: it imports the service once."""
    add_a_sampling_parameter(copy)
    add_a_route(copy)
    run(copy, ASK + WRITE_A_TITLE)
