"""The ids of the requests that a process computes, as the parent finds them."""

from pathlib import Path

import pytest

from service.processes.crash_record import CrashRecord, read_crash_record


def test_the_ids_are_there_while_they_are_computed(tmp_path: Path) -> None:
    directory = str(tmp_path)
    assert read_crash_record(directory) == []
    record = CrashRecord(directory)
    assert read_crash_record(directory) == []
    with record.computing(["a", "b"]):
        assert read_crash_record(directory) == ["a", "b"]
    assert read_crash_record(directory) == []
    with record.computing(["c"]):
        assert read_crash_record(directory) == ["c"]


def test_an_exception_leaves_the_ids_until_the_next_block(tmp_path: Path) -> None:
    directory = str(tmp_path)
    record = CrashRecord(directory)
    with pytest.raises(ValueError, match="a fault"), record.computing(["a"]):
        raise ValueError("a fault")
    assert read_crash_record(directory) == ["a"]
    with record.computing(["b"]):
        assert read_crash_record(directory) == ["b"]
    assert read_crash_record(directory) == []


def test_more_ids_than_there_is_room_for_are_not_recorded(tmp_path: Path) -> None:
    directory = str(tmp_path)
    record = CrashRecord(directory)
    with record.computing(["x" * (1 << 20)]):
        assert read_crash_record(directory) == []


def test_a_damaged_record_holds_no_ids(tmp_path: Path) -> None:
    directory = str(tmp_path)
    record = CrashRecord(directory)
    with record.computing(["a"]):
        (file,) = tmp_path.iterdir()
        file.write_bytes(file.read_bytes()[:4] + b"\xc1" * 100)
        assert read_crash_record(directory) == []
