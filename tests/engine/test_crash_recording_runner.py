"""The ids of a step's sequences are recorded while the step is computed, and after a failure."""

from pathlib import Path

import pytest

from service.engine.crash_recording_runner import CrashRecordingRunner
from service.engine.loaded_adapters import WithoutAdapters
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.step import Chunk, ChunkOutput, Step
from service.processes.crash_record import CrashRecord, read_crash_record
from tests.fakes.engine_info import engine_info


class RecordReader(WithoutAdapters):
    """A runner that reads the crash record while it computes, and may fail."""

    info = engine_info()

    def __init__(self, directory: Path, *, fails: bool = False) -> None:
        self.directory = str(directory)
        self.fails = fails
        self.recorded: list[str] = []

    def run(self, step: Step) -> list[ChunkOutput]:
        self.recorded = read_crash_record(self.directory)
        if self.fails:
            raise ValueError("a fault")
        return [ChunkOutput(token=7) for _ in step.chunks]


def make_step(*ids: str) -> Step:
    params = SamplingParams(max_tokens=1)
    return Step([Chunk(Sequence(Request(id=id, prompt=(1,), params=params)), 0, 1) for id in ids])


def test_ids_are_recorded_only_while_the_step_is_computed(tmp_path: Path) -> None:
    reader = RecordReader(tmp_path)
    runner = CrashRecordingRunner(reader, CrashRecord(str(tmp_path)))
    assert runner.info is reader.info
    assert runner.run(make_step("a", "b")) == [ChunkOutput(token=7)] * 2
    assert reader.recorded == ["a", "b"]
    assert read_crash_record(str(tmp_path)) == []


def test_ids_of_a_failed_step_stay_recorded(tmp_path: Path) -> None:
    runner = CrashRecordingRunner(RecordReader(tmp_path, fails=True), CrashRecord(str(tmp_path)))
    with pytest.raises(ValueError, match="a fault"):
        runner.run(make_step("a"))
    assert read_crash_record(str(tmp_path)) == ["a"]
