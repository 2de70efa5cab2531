"""The imports of the models package, in any form: at the top of a file, in a function, or for type checking only."""

import ast
from pathlib import Path

import pytest

MODELS = Path(__file__).parents[2] / "service" / "models"


def imports(path: Path) -> set[str]:
    """The modules that the file imports."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}


@pytest.mark.parametrize("path", sorted(MODELS.glob("contracts/*.py")), ids=lambda path: path.stem)
def test_contracts_import_nothing_of_the_service_but_errors_and_each_other(path: Path) -> None:
    service = {name for name in imports(path) if name.startswith("service")}
    assert all(name == "service.errors" or name.startswith("service.models.contracts.") for name in service)


def test_only_the_models_of_transformers_import_transformers() -> None:
    importers = {
        path for path in MODELS.rglob("*.py") if any(name.startswith("transformers") for name in imports(path))
    }
    assert importers
    assert {path.parent for path in importers} == {MODELS / "hf"}


@pytest.mark.parametrize(
    "name", ["families", "plain_configs/families", "plain_configs/plain_config", "plain/read_config"]
)
def test_configurations_are_read_without_tensors(name: str) -> None:
    assert not any(module.startswith("torch") for module in imports(MODELS / f"{name}.py"))
