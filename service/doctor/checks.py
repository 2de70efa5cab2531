"""The table of all checks, and the examination that makes them in order."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from service.doctor import access, machine, software, storage
from service.doctor.finding import Finding, problem
from service.settings import Settings

Check = Callable[[Settings], Finding]

CHECKS: dict[str, Check] = {
    "python": software.python,
    "torch": software.torch,
    "processor": machine.processor,
    "compiler": software.compiler,
    "kernels": software.kernels,
    "gpu": software.gpu,
    "memory": machine.memory,
    "open files": machine.open_files,
    "model store": storage.model_store,
    "models": storage.models,
    "data": storage.data_directories,
    "keys": access.keys,
    "address": access.address,
}


@dataclass(frozen=True, slots=True)
class Result:
    """A finding with the name of its check."""

    name: str
    finding: Finding


def examine(settings: Settings) -> Iterator[Result]:
    """Make every check. A check that fails is a problem itself, and the others are made all the same."""
    for name, check in CHECKS.items():
        try:
            yield Result(name, check(settings))
        except Exception as error:
            facts = f"the check failed: {type(error).__name__}: {error}"
            yield Result(name, problem(facts, "see the problems above; if there are none, report this"))
