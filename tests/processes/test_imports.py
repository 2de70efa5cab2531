"""The garbage collector while libraries are imported."""

import gc

import pytest

from service.processes.imports import imports


def test_what_is_made_meanwhile_is_not_looked_at() -> None:
    before = gc.get_freeze_count()
    with imports():
        assert not gc.isenabled()
        made: list[list[object]] = [[] for _ in range(1000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= before + len(made)


def test_the_collector_runs_after_a_library_that_cannot_be_imported() -> None:
    with pytest.raises(ModuleNotFoundError), imports():
        raise ModuleNotFoundError
    assert gc.isenabled()
