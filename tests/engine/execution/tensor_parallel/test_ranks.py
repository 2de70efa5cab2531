"""Two processes compute a model together: tokens are those of transformers, also after one of them was killed."""

from pathlib import Path
from typing import Any

import psutil
import pytest
import torch

from service.engine.client import EngineClient
from service.engine.execution.tensor_parallel.ranks import Ranks
from service.errors import EngineError, UnsupportedModel
from service.models.hf.loader import load
from service.processes.restart_policy import RestartPolicy
from tests.engine.configs import engine_config
from tests.engine.tiny_models import tiny_model
from tests.engine.workloads import Reference, make_request

CPU = torch.device("cpu")
FOLLOWER = "service.engine.execution.follower"


def config(path: Path, **changes: Any) -> Any:
    options = {"device": "cpu", "dtype": "float32", "threads": 1, "tensor_parallel": 2, "log_level": "error"}
    return engine_config(path, **options | changes)


async def tokens(client: EngineClient, reference: Reference) -> list[list[int]]:
    """The tokens of all prompts of the reference, computed at once."""
    requests = [make_request(f"{number}", prompt) for number, prompt in enumerate(reference.prompts)]
    found: dict[str, list[int]] = {request.id: [] for request in requests}
    with client.submit(requests) as stream:
        async for output in stream:
            if output.token is not None:
                found[output.request_id].append(output.token)
    return list(found.values())


def followers(client: EngineClient) -> list[psutil.Process]:
    assert client.pid is not None
    return [each for each in psutil.Process(client.pid).children() if FOLLOWER in each.cmdline()]


@pytest.mark.parametrize("kills", [0, pytest.param(1, marks=pytest.mark.slow)])
async def test_two_ranks_give_the_tokens_of_transformers_also_after_one_was_killed(tmp_path: Path, kills: int) -> None:
    """The head of this model shares its weights with the embeddings."""
    reference = Reference("qwen2", tmp_path, tie_word_embeddings=True)
    due = [reference.greedy(prompt) for prompt in reference.prompts]
    client = EngineClient(config(tmp_path), RestartPolicy(stall_seconds=250, max_restarts=2))
    await client.start()
    try:
        assert await tokens(client, reference) == due
        for _ in range(kills):
            (lost,) = followers(client)
            lost.kill()
            assert await tokens(client, reference) == due
        assert client.exits == kills
        (left,) = followers(client)
    finally:
        await client.close()
    left.wait(20)


@pytest.mark.parametrize(
    ("architecture", "size", "reason"),
    [("gpt2", 2, "no plan"), ("llama", 3, "num_attention_heads of the model is 4, which 3 processes cannot share")],
)
def test_a_model_that_cannot_be_divided_is_refused(tmp_path: Path, architecture: str, size: int, reason: str) -> None:
    path = tiny_model(architecture, tmp_path)
    with pytest.raises(UnsupportedModel, match=reason):
        load(config(path, tensor_parallel=size), CPU)


@pytest.mark.parametrize("changes", [{"speculation": "draft"}, {"adapters": {"a": "/nowhere"}}])
def test_what_one_process_alone_computes_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(EngineError, match="tensor_parallel cannot be used"):
        Ranks(config(tmp_path, **changes), CPU)
