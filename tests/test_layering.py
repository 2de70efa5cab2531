"""Imports follow the table "Rooms" in docs/architecture.md, and the table has no circle.

A room is a package, or a module where a package's modules stand on different levels. The table says which rooms a room
may import, and which libraries it must not.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("service", "model_store")
LIBRARIES = {
    "torch": ("torch", "transformers"),
    "web": ("fastapi", "starlette", "uvicorn"),
    "prometheus": ("prometheus_client",),
}


class Room(NamedTuple):
    """One row of the table, by dotted names."""

    name: str
    may_import: frozenset[str]
    never: tuple[str, ...]


def _rooms() -> dict[str, Room]:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    section = text.partition("## Rooms")[2].partition("\n## ")[0]
    rooms = {}
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 4:
            name, imports, never, _ = cells
            module = _dotted(name.strip("`"))
            allowed = frozenset(_dotted(found) for found in re.findall(r"`([^`]+)`", imports))
            rooms[module] = Room(module, allowed, tuple(re.findall(r"\w+", never)))
    return rooms


def _dotted(path: str) -> str:
    return path.replace("/", ".")


ROOMS = _rooms()


def _modules() -> Iterator[tuple[str, Path]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            yield name.removesuffix(".__init__"), path


def _room_of(module: str) -> str | None:
    """The module's own row, or that of the package it stands in."""
    if module in ROOMS:
        return module
    package = module.rpartition(".")[0]
    return package if package in ROOMS else None


def _imports(path: Path) -> Iterator[str]:
    """Every imported name, wherever the import stands: at the top, in a function, for type checking only."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide what depends on what"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


MODULES = dict(_modules())


def _module_of(name: str) -> str | None:
    """The module of ours that an imported name is, or is defined in."""
    while name:
        if name in MODULES:
            return name
        name = name.rpartition(".")[0]
    return None


def test_every_package_has_a_row() -> None:
    assert len(ROOMS) > 20
    lacking = {name for name, path in MODULES.items() if _room_of(name) is None and path.stat().st_size}
    assert lacking == set()


def test_every_row_is_a_package_or_a_module() -> None:
    named = set(ROOMS) | {each for room in ROOMS.values() for each in room.may_import}
    assert named - set(MODULES) == set()


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_what_the_table_allows(room: str) -> None:
    found = set()
    for name, path in MODULES.items():
        if _room_of(name) != room:
            continue
        for imported in _imports(path):
            target = _module_of(imported)
            if target is not None and _room_of(target) not in {room, *ROOMS[room].may_import}:
                found.add(f"{name} imports {target}")
            banned = [library for group in ROOMS[room].never for library in LIBRARIES[group]]
            if any(f"{imported}.".startswith(f"{library}.") for library in banned):
                found.add(f"{name} imports {imported}")
    assert found == set()


def test_the_table_has_no_circle() -> None:
    """graphlib raises CycleError, which names the circle."""
    assert tuple(TopologicalSorter({room.name: room.may_import for room in ROOMS.values()}).static_order())


def test_only_metrics_imports_prometheus() -> None:
    importers = {
        name for name, path in MODULES.items() if any(each.startswith("prometheus_client") for each in _imports(path))
    }
    assert {_room_of(name) for name in importers} == {"service.metrics"}


def test_only_two_modules_import_opentelemetry() -> None:
    importers = {
        name for name, path in MODULES.items() if any(each.startswith("opentelemetry") for each in _imports(path))
    }
    assert importers == {"service.traces.otlp", "service.traces.delivery"}


@pytest.mark.parametrize("module", ["service.api.app", "service.cli.main"])
def test_the_api_process_loads_no_tensor_library(module: str) -> None:
    code = f"import sys, {module}; print(*sorted({{'torch', 'transformers'}} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (result.stdout.strip(), result.returncode) == ("", 0), result.stderr
