"""The scopes that a route accepts, and the route that a request will reach."""

import pytest
from fastapi import APIRouter, FastAPI
from starlette.routing import Mount
from starlette.types import Scope as HttpScope

from service.api.auth.route_scopes import RouteScopes, check_scopes, requires
from service.api.errors import ApiError
from service.keys.caller import ANONYMOUS, UNRESTRICTED, Caller
from service.keys.key import Scope


def request(method: str, path: str) -> HttpScope:
    return {"type": "http", "method": method, "path": path, "headers": [], "query_string": b""}


def caller(*scopes: Scope) -> Caller:
    return Caller(scopes=frozenset(scopes))


@pytest.fixture
def routes() -> RouteScopes:
    app = FastAPI(openapi_url=None)
    router = APIRouter(dependencies=[requires(Scope.GENERATE, Scope.ANSWER)])
    router.add_api_route("/task", lambda: "x", methods=["POST"])
    app.include_router(router)
    app.add_api_route("/undeclared", lambda: "x")
    return RouteScopes(app.routes)


@pytest.mark.parametrize("accepted", [caller(Scope.GENERATE), caller(Scope.ANSWER), caller(Scope.ADMIN), UNRESTRICTED])
def test_one_of_the_scopes_or_admin_is_enough(accepted: Caller) -> None:
    check_scopes(accepted, {Scope.GENERATE, Scope.ANSWER})


@pytest.mark.parametrize("refused", [caller(Scope.TRANSLATE, Scope.METRICS), ANONYMOUS])
def test_a_caller_without_any_of_the_scopes_gets_403_with_their_names(refused: Caller) -> None:
    with pytest.raises(ApiError, match="answer or generate") as error:
        check_scopes(refused, {Scope.GENERATE, Scope.ANSWER})
    assert (error.value.status, error.value.code) == (403, "missing_scope")


def test_the_scopes_of_a_router_apply_to_its_routes(routes: RouteScopes) -> None:
    route, accepts_method = routes.find(request("POST", "/task"))
    assert route is not None
    assert accepts_method
    route.check(caller(Scope.ANSWER))
    with pytest.raises(ApiError):
        route.check(caller(Scope.TRANSLATE))


def test_a_route_without_scopes_is_for_admin_only(routes: RouteScopes) -> None:
    route, _ = routes.find(request("GET", "/undeclared"))
    assert route is not None
    route.check(caller(Scope.ADMIN))
    with pytest.raises(ApiError, match="admin"):
        route.check(caller(*(set(Scope) - {Scope.ADMIN})))


def test_a_wrong_method_finds_the_route_and_an_unknown_path_finds_none(routes: RouteScopes) -> None:
    route, accepts_method = routes.find(request("GET", "/task"))
    assert route is not None
    assert not accepts_method
    assert routes.find(request("GET", "/unknown")) == (None, False)


def test_a_route_that_cannot_be_checked_is_an_error() -> None:
    app = FastAPI(openapi_url=None)
    app.router.routes.append(Mount("/files", FastAPI()))
    with pytest.raises(TypeError, match="auth cannot see"):
        RouteScopes(app.routes)
