"""Every call of every client works, or is refused in words that say what to use."""

from collections.abc import Iterator

import pytest

from tests.matrix.call import FAULTS, Call, Outcome, Refusal, judge
from tests.matrix.over_http import HttpRefusal
from tests.matrix.refusals import as_refusal
from tests.matrix.service import Service, matrix_service
from tests.matrix.table import CALLS, make_table


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with matrix_service(tmp_path_factory.mktemp("models")) as service:
        yield service


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # clients say so of what their makers end, whatever we answer
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.id)
def test_a_call_works_or_is_refused_well(service: Service, call: Call) -> None:
    result = judge(call, service, as_refusal)
    assert result.outcome not in FAULTS, result.detail


@pytest.mark.parametrize(
    ("refusal", "must_work", "outcome"),
    [
        (None, True, Outcome.WORKED),
        (Refusal(404, "This is not served here: use POST /v1/x"), False, Outcome.REFUSED),
        (Refusal(404, "This is not served here: use POST /v1/x"), True, Outcome.WRONG),
        (Refusal(404, "There is no such route. GET /openapi.json lists what is served"), False, Outcome.BARE),
        (Refusal(404, None), False, Outcome.BARE),
        (Refusal(400, "Bad request, very bad"), False, Outcome.UNCLEAR),
        (Refusal(400, "x: no"), False, Outcome.UNCLEAR),
        (Refusal(500, "use POST /v1/x, which works"), False, Outcome.WRONG),
    ],
)
def test_outcomes(refusal: Refusal | None, must_work: bool, outcome: Outcome) -> None:
    def run(service: object) -> None:
        if refusal is not None:
            raise HttpRefusal(refusal)

    call = Call("it", "call", run, ("POST /v1/x",), must_work)
    result = judge(call, None, as_refusal)  # type: ignore[arg-type]
    assert result.outcome is outcome
    rows = [list(column.cells) for column in make_table([result]).columns]
    assert rows[0] == ["it", "all"]
    assert rows[1] == ["1", "1"]


def test_an_exception_that_is_no_answer_is_a_fault() -> None:
    def run(service: object) -> None:
        raise AssertionError("the answer has no text")

    result = judge(Call("it", "call", run, must_work=False), None, as_refusal)  # type: ignore[arg-type]
    assert (result.outcome, result.detail) == (Outcome.WRONG, "AssertionError: the answer has no text")
