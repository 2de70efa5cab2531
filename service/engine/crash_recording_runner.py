"""A runner that records the sequences of each step, so that the parent knows them if the process crashes."""

from service.engine.drafting.draft_runner import DraftRunner, Guess
from service.engine.engine import SizedRunner
from service.engine.protocol.engine_info import EngineInfo
from service.engine.scheduling.step import ChunkOutput, Step
from service.processes.crash_record import CrashRecord


class CrashRecordingRunner:
    """Records the ids of a step's sequences in the crash record, and lets another runner compute the step."""

    def __init__(self, runner: SizedRunner, crash_record: CrashRecord) -> None:
        self._runner = runner
        self._crash_record = crash_record

    @property
    def info(self) -> EngineInfo:
        """The facts of the runner that computes."""
        return self._runner.info

    @property
    def draft_runner(self) -> DraftRunner | None:
        """That of the runner that computes, whose steps are recorded too."""
        runner = self._runner.draft_runner
        return None if runner is None else CrashRecordingDraftRunner(runner, self._crash_record)

    def load_adapter(self, number: int, path: str) -> tuple[int, int]:
        """As the runner that computes."""
        return self._runner.load_adapter(number, path)

    def unload_adapter(self, number: int) -> None:
        """As the runner that computes."""
        self._runner.unload_adapter(number)

    def run(self, step: Step) -> list[ChunkOutput]:
        """One output for each chunk of the step."""
        with self._crash_record.computing([chunk.sequence.request.id for chunk in step.chunks]):
            return self._runner.run(step)


class CrashRecordingDraftRunner:
    """Records the ids of the sequences for which a draft model guesses."""

    def __init__(self, runner: DraftRunner, crash_record: CrashRecord) -> None:
        self._runner = runner
        self._crash_record = crash_record

    @property
    def vocab_size(self) -> int:
        """As the runner that computes."""
        return self._runner.vocab_size

    @property
    def max_model_len(self) -> int:
        """As the runner that computes."""
        return self._runner.max_model_len

    def draft(self, step: Step) -> list[Guess | None]:
        """As ``DraftRunner.draft``."""
        with self._crash_record.computing([chunk.sequence.request.id for chunk in step.chunks]):
            return self._runner.draft(step)
