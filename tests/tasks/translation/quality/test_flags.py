"""Flags: the severity of each."""

from service.tasks.translation.quality.flags import Flag, severity


def test_every_doubt_counts_and_a_retry_does_not() -> None:
    assert {flag for flag in Flag if severity([flag]) == 0} == {Flag.RETRIED}


def test_an_empty_translation_is_worse_than_any_two_other_doubts() -> None:
    others = sorted((severity([flag]) for flag in Flag if flag is not Flag.EMPTY), reverse=True)
    assert severity([Flag.EMPTY]) > sum(others[:2])


def test_severities_add_up() -> None:
    assert severity([Flag.TERM, Flag.LENGTH, Flag.RETRIED]) == severity([Flag.TERM]) + severity([Flag.LENGTH])
    assert severity([]) == 0
