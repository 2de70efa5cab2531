"""Commands arrive as they were sent, and the end of rank 0 is noticed."""

import io
from dataclasses import fields, replace

import numpy as np
import torch

from service.engine.execution.tensor_parallel.commands import Compute, Discard, receive, send
from tests.engine.attention.attention_cases import PLAIN, make_case

CPU = torch.device("cpu")


def test_a_batch_arrives_without_its_chunks() -> None:
    case = make_case(PLAIN, [(5, 1), (0, 7), (9, 3)], block_size=4, device="cpu")
    stream = io.BytesIO()
    send(stream, Compute.from_batch(case.batch))
    stream.seek(0)
    command = receive(stream)
    assert isinstance(command, Compute)
    found, due = command.batch(case.cache, CPU), replace(case.batch, chunks=[], order=[])
    for field in fields(due):
        first, second = getattr(found, field.name), getattr(due, field.name)
        assert first == second if isinstance(first, int | list | torch.device | None) else (first == second).all(), (
            field.name
        )
    assert (found.num_chunks, found.num_rows) == (3, 11)


def test_slots_arrive() -> None:
    stream = io.BytesIO()
    send(stream, Discard.from_slots(np.array([3, 1, 4])))
    stream.seek(0)
    command = receive(stream)
    assert isinstance(command, Discard)
    assert command.array.tolist() == [3, 1, 4]


def test_a_frame_that_ends_early_is_the_end() -> None:
    stream = io.BytesIO()
    send(stream, Discard.from_slots(np.arange(9)))
    for length in (0, 3, 8, len(stream.getvalue()) - 1):
        assert receive(io.BytesIO(stream.getvalue()[:length])) is None
