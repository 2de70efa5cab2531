"""All checks, one after the other; a table, and a file of JSON."""

import asyncio
from functools import partial

import torch
import transformers
from rich.table import Table

from benchmarks.gpu_check import device, numbers
from benchmarks.gpu_check.check import Check, Figures, Verdict, run_check
from benchmarks.gpu_check.subject import Sizes, Subject
from benchmarks.report.files import write_results
from benchmarks.report.tables import open_console
from service.engine.protocol.config import EngineConfig
from service.models.hardware import find_device


def check(config: EngineConfig, *, sizes: Sizes, streams: list[int]) -> bool:
    """Run the checks on the configured device, print them and write them. Returns whether none failed."""
    console = open_console(160)
    transformers.logging.disable_progress_bar()
    subject = Subject(config, find_device(config.device), sizes)
    plan = {
        "tokens in float32": partial(numbers.equality, subject, "float32"),
        "tokens in the model's type": partial(numbers.equality, subject, "auto"),
        "paged attention": partial(numbers.attention, subject),
        "CUDA graphs": partial(numbers.graphs, subject),
        "int8": partial(numbers.int8, subject),
        **{f"speed, {count} streams": partial(device.speed, subject, count) for count in streams},
        "memory fraction": partial(device.memory, subject),
        "kill and recovery": partial(_recovery, subject),
    }
    checks = []
    for name, each in plan.items():
        with console.status(name):
            checks.append(run_check(name, each))
        console.print(f"{checks[-1].name}: {checks[-1].verdict} in {checks[-1].seconds:.1f} s")
    console.print(_table(checks, f"{config.model_path} on {_device_name(subject)}, torch {torch.__version__}"))
    path = write_results("gpu-check", checks, model=config.model_path, device=_device_name(subject))
    console.print(f"Written to {path}")
    return all(each.verdict is not Verdict.FAILED for each in checks)


def _recovery(subject: Subject) -> Figures:
    return asyncio.run(device.recovery(subject))


def _device_name(subject: Subject) -> str:
    return torch.cuda.get_device_name(subject.device) if subject.is_cuda else "CPU"


def _table(checks: list[Check], title: str) -> Table:
    table = Table("check", "verdict", "seconds", "figures", title=title)
    for each in checks:
        figures = ", ".join(f"{name} {value}" for name, value in each.figures.items())
        told = "; ".join(filter(None, (each.reason, figures)))
        table.add_row(each.name, each.verdict, f"{each.seconds:.1f}", told)
    return table
