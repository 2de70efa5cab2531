"""A runner that records which sequences it computes, for the case that the process does not survive the step."""

from service.engine.engine import SizedRunner
from service.engine.protocol.engine_info import EngineInfo
from service.engine.scheduling.step import ChunkOutput, Step
from service.processes.crash_record import CrashRecord


class CrashRecordingRunner:
    """Wraps the runner that computes."""

    def __init__(self, runner: SizedRunner, crash_record: CrashRecord) -> None:
        self._runner = runner
        self._crash_record = crash_record

    @property
    def info(self) -> EngineInfo:
        """What the runner can hold."""
        return self._runner.info

    def run(self, step: Step) -> list[ChunkOutput]:
        """One output for each chunk of the step."""
        with self._crash_record.computing([chunk.sequence.request.id for chunk in step.chunks]):
            return self._runner.run(step)
