"""Imports point one way: api -> tasks -> engine.client -> engine.types. A violation is named with its file."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

WEB = "fastapi starlette uvicorn prometheus_client"
ABOVE_THE_ENGINE = f"{WEB} service.api service.tasks service.keys service.metrics service.settings"
TENSORS = "torch transformers"

# Who may not import what, in any form: at the top of the file, inside a function, for type checking only.
FORBIDDEN = {
    "service/engine/**/*.py": ABOVE_THE_ENGINE,
    "service/engine/scheduling/*.py": TENSORS,
    "service/engine/execution/recovery.py": TENSORS,
    "service/engine/client.py": TENSORS,
    "service/processes/*.py": f"{ABOVE_THE_ENGINE} {TENSORS} service.engine service.reader service.models",
    "service/reader/**/*.py": ABOVE_THE_ENGINE,
    "service/reader/messages.py": TENSORS,
    "service/reader/window_queue.py": TENSORS,
    "service/reader/client.py": TENSORS,
    "service/models/**/*.py": f"{ABOVE_THE_ENGINE} service.engine service.reader service.processes",
    "service/keys/*.py": f"{WEB} {TENSORS} service.api service.tasks service.engine service.metrics",
    "service/tasks/**/*.py": f"{WEB} {TENSORS} service.api service.keys service.metrics service.settings",
    "service/tasks/text/*.py": "service.engine service.reader service.tasks.generation service.tasks.answering "
    "service.tasks.translation",
    "service/tasks/generation/*.py": "service.reader service.tasks.answering service.tasks.translation",
    "service/tasks/answering/documents/*.py": "service.engine service.reader service.tasks.generation",
    "service/api/**/*.py": f"{TENSORS} prometheus_client",
    "model_store/**/*.py": f"{WEB} service",
}


def imported_modules(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide what depends on what"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("pattern", FORBIDDEN)
def test_no_module_imports_what_is_above_it(pattern: str) -> None:
    files = list(ROOT.glob(pattern))
    assert files
    found = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files
        for name in imported_modules(path)
        for banned in FORBIDDEN[pattern].split()
        if f"{name}.".startswith(f"{banned}.")
    ]
    assert not found


def test_only_metrics_imports_prometheus() -> None:
    importers = {
        str(path.relative_to(ROOT))
        for path in [*ROOT.glob("service/**/*.py"), *ROOT.glob("model_store/**/*.py")]
        if any(name.startswith("prometheus_client") for name in imported_modules(path))
    }
    assert importers == {"service/metrics.py"}


@pytest.mark.parametrize("module", ["service.api.app", "service.cli.main"])
def test_the_api_process_loads_no_tensor_library(module: str) -> None:
    code = f"import sys, {module}; print(*sorted({{'torch', 'transformers'}} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (result.stdout.strip(), result.returncode) == ("", 0), result.stderr
