"""Lines of errors are found in the log unless a kill explains them."""

from pathlib import Path

from benchmarks.soak.log import unexplained_lines


def test_lines_of_errors_are_found(tmp_path: Path) -> None:
    log = tmp_path / "log"
    failed = '{"level": "error", "logger": "service.api", "message": "a request failed"}'
    log.write_text(f'{{"level": "info", "logger": "x", "message": "y"}}\n{failed}\nFatal Python error\n7\n')
    assert unexplained_lines(log) == [failed, "Fatal Python error", "7"]


def test_a_kill_explains_one_line(tmp_path: Path) -> None:
    log = tmp_path / "log"
    line = (
        '{"level": "error", "logger": "x", "message": "the engine process was killed by signal 9; it left no stacks"}'
    )
    log.write_text(f"{line}\n{line}\n")
    assert unexplained_lines(log, kills=2) == []
    assert unexplained_lines(log, kills=1) == [line]
