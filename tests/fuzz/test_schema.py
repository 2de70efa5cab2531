"""Requests from the OpenAPI document, made by schemathesis: some match it, and some almost do.

None causes an internal error. By design, the status is 501 for features of other APIs that this service lacks, 503
while the service stops or loads, and 504 after a timeout.
"""

import warnings
from http import HTTPStatus

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.core.result import Ok

from tests.fuzz.conftest import EXAMPLES
from tests.running_server import Server

pytestmark = pytest.mark.fuzz

BY_DESIGN = {HTTPStatus.NOT_IMPLEMENTED, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}


def test_no_request_causes_an_internal_error(fuzzed_server: Server) -> None:
    schema = schemathesis.openapi.from_dict(fuzzed_server.http.get("/openapi.json").json())
    results = list(schema.get_all_operations())
    operations = [result.ok() for result in results if isinstance(result, Ok)]
    assert len(operations) == len(results)
    assert len(operations) > 20
    for operation in operations:
        _fuzz(operation, fuzzed_server)
        assert fuzzed_server.http.get("/health/ready").status_code == HTTPStatus.OK


def _fuzz(operation: APIOperation, fuzzed_server: Server) -> None:
    matching, changed = (operation.as_strategy(mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE))

    @settings(max_examples=EXAMPLES or 2, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=st.one_of(matching, changed))
    def send(case: Case) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            response = case.call(base_url=fuzzed_server.url, headers={"x-request-timeout": "5"}, timeout=30)
        assert response.status_code < 500 or response.status_code in BY_DESIGN, (operation.label, response.text)

    send()
