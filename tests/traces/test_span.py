"""Spans around code, and what they do where nothing is traced."""

import pytest

from service.traces.span import NO_SPAN, current_span, record, traced
from tests.fakes.spans import RecordedSpan, recorded_span


def test_without_a_request_nothing_happens() -> None:
    with traced("outer") as outer, traced("inner") as inner:
        assert outer is inner is NO_SPAN is current_span()
    record(NO_SPAN, "part", 1.0, 2.0)


def test_spans_are_nested_and_end() -> None:
    with recorded_span() as request:
        with traced("outer", {"a": 1}) as outer:
            with traced("inner"):
                assert current_span() is not outer
            assert current_span() is outer
        assert current_span() is request
    (part,) = request.parts
    assert (part.name, part.attributes, part.names, part.is_ended) == ("outer", {"a": 1}, ["inner"], True)


def test_a_failure_is_told_by_its_kind_and_not_by_its_message() -> None:
    with recorded_span() as request, pytest.raises(KeyError), traced("part"):
        raise KeyError("a text of a client")
    (part,) = request.parts
    assert (part.error, part.is_ended) == ("KeyError", True)
    assert "text" not in str(vars(part))
    assert current_span() is NO_SPAN


def test_a_recorded_part_does_not_end_before_it_begins() -> None:
    span = RecordedSpan()
    record(span, "part", 2.0, 1.0)
    assert (span.parts[0].begun_at, span.parts[0].ended_at) == (2.0, 2.0)
