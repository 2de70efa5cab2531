"""How often and how fast a process is restarted in vain."""

from service.processes.restart_policy import RestartCounter


def test_pauses_double_and_end_at_thirty_seconds() -> None:
    counter = RestartCounter(max_restarts=20)
    pauses = []
    for _ in range(12):
        counter.record_exit(made_progress=False)
        pauses.append(counter.pause)
    assert pauses == [0, 0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30, 30]


def test_progress_resets_the_count() -> None:
    counter = RestartCounter(max_restarts=2)
    for _ in range(3):
        assert not counter.is_exhausted
        counter.record_exit(made_progress=False)
    assert counter.is_exhausted
    counter.record_exit(made_progress=True)
    assert not counter.is_exhausted
    assert counter.pause == 0
