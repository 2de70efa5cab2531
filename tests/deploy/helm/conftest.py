"""The chart with all values of the tests, which Helm renders once."""

import pytest

from tests.deploy.helm.cases import DOCUMENTED, VALID, WRONG, values_of
from tests.deploy.helm.chart import Charts, Rendered, render


@pytest.fixture(scope="session")
def rendered_charts() -> Charts:
    """The chart with all these values: one process renders them all."""
    wrong = {name: values for name, (values, _) in WRONG.items()}
    return render(VALID | wrong | {name: values_of(arguments) for name, arguments in DOCUMENTED.items()})


@pytest.fixture(params=VALID)
def chart(request: pytest.FixtureRequest, rendered_charts: Charts) -> Rendered:
    rendered = rendered_charts[request.param]
    assert not rendered.error
    return rendered
