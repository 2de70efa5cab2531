"""Engines with draft models that are right, wrong, or something in between, and that always guess where they can."""

from pathlib import Path
from typing import Any

import torch

from service.engine.drafting.drafter import ModelDrafter
from service.engine.scheduling.speculator import MeasuredSpeculator
from service.engine.scheduling.step_cost_model import StepCost, StepCostModel
from tests.engine.tiny_models import build_model, save_model, tokenizer
from tests.engine.workloads import Driver


class CheapGuesses(StepCostModel):
    """A step-cost model in which a guess costs next to nothing, so that nothing depends on the machine."""

    def cost_without_prompts(self) -> StepCost:
        return StepCost(base=1.0, per_decode=0.0, per_token=0.0, per_pair=0.0, per_proposed=0.001)


def save_draft_model(path: Path, *, noise: float, arch: str = "llama", **shape: Any) -> Path:
    """A model as ``Reference`` has it, with weights that are off by a share of ``noise``."""
    model = build_model(arch, **shape)
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += noise * parameter.std() * torch.randn(parameter.shape, generator=generator)
    save_model(model, path)
    save_tokenizer(path)
    return path


def save_tokenizer(path: Path) -> None:
    tokenizer().save(str(path / "tokenizer.json"))


def drafting_driver(path: Path, draft: Path, **config: Any) -> Driver:
    """A driver whose engine has guesses of ``draft`` in every step, as far as they are right now and then."""
    save_tokenizer(path)
    driver = Driver(path, speculation="draft", draft_model_path=str(draft), **config)
    runner = driver.runner.draft_runner
    assert runner is not None
    info = driver.engine.info
    drafter = ModelDrafter(
        runner, CheapGuesses(), block_size=info.block_size, chunk=info.prefill_chunk, clock=lambda: 0.0
    )
    driver.engine._scheduler._proposals._speculator = MeasuredSpeculator(CheapGuesses(), drafter)
    return driver


def drafted(driver: Driver) -> int:
    return sum(stats.num_drafted_tokens for stats in driver.stats)


def accepted(driver: Driver) -> int:
    return sum(stats.num_accepted_tokens for stats in driver.stats)
