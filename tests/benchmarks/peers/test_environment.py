"""Peers are installed once, each step in the peer's own directory."""

import sys

import pytest

from benchmarks.peers.environment import Environment, InstallFailed


def test_a_step_is_done_once_and_repeated_if_it_failed(environment: Environment) -> None:
    done: list[str] = []

    def fail() -> None:
        environment.run(sys.executable, "-c", "print('so far so good'); raise SystemExit('out of luck')")

    with pytest.raises(InstallFailed, match=r"so far so good\nout of luck$"):
        environment.do_once("step", fail)
    environment.do_once("step", lambda: done.append("first"))
    environment.do_once("step", lambda: done.append("again"))
    environment.do_once("another", lambda: done.append("another"))
    assert done == ["first", "another"]
    assert "out of luck" in environment.log.read_text()


def test_a_failure_has_the_output_of_its_own_command_only(environment: Environment) -> None:
    environment.path.mkdir()
    environment.run(sys.executable, "-c", "print('earlier')")
    with pytest.raises(InstallFailed, match="ended with 3") as failed:
        environment.run(sys.executable, "-c", "raise SystemExit(3)")
    assert "earlier" not in str(failed.value)
    with pytest.raises(InstallFailed, match="does not run"):
        environment.run("/no/such/program")
