"""``/version``."""

import service
from tests.api.scripted import Scripted


def test_version(hello: Scripted) -> None:
    assert hello.http.get("/version").json() == {"version": service.__version__}
