"""The scopes that each route accepts.

Each router declares them in its ``dependencies``. The authentication middleware checks them before a body is read.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Depends, Request
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute, Match
from starlette.types import Scope as HttpScope

from service.api.errors import ApiError
from service.keys.caller import Caller
from service.keys.key import Scope

# Health checks come from programs that have no key. LibreTranslate's clients get a file by an address that only its
# owner was told. The files of the playground hold no secret. Every other route needs a key.
PUBLIC_ROUTES = frozenset(
    {
        ("GET", "/download_file/{name}"),
        ("GET", "/"),
        ("GET", "/health"),
        ("GET", "/health/live"),
        ("GET", "/health/ready"),
        ("GET", "/ping"),
        ("GET", "/playground"),
        ("GET", "/playground/assets/{folder}/{name}"),
        ("POST", "/ping"),
    }
)


def caller_of(request: Request) -> Caller:
    """The caller of this request."""
    caller: Caller = request.user
    return caller


def check_scopes(caller: Caller, scopes: Collection[Scope]) -> None:
    """Raises ApiError (403) if the caller has none of these scopes."""
    if not caller.has_any_scope(scopes):
        wanted = " or ".join(sorted(scopes)) or Scope.ADMIN
        raise ApiError(403, f"The key lacks the scope for this: {wanted}", code="missing_scope")


@dataclass(frozen=True, slots=True)
class ScopeRequirement:
    """A dependency that accepts any one of ``scopes``. It checks the caller again after routing."""

    scopes: frozenset[Scope]

    async def __call__(self, request: Request) -> None:
        check_scopes(caller_of(request), self.scopes)


def requires(*scopes: Scope) -> Any:
    """Any one of these scopes, for the ``dependencies`` of a router or a route."""
    return Depends(ScopeRequirement(frozenset(scopes)))


ANY_KEY = requires(*Scope)
ANY_TASK = requires(Scope.GENERATE, Scope.TRANSLATE, Scope.ANSWER)


@dataclass(frozen=True, slots=True)
class ProtectedRoute:
    """A route and the scopes that it accepts."""

    route: APIRoute

    def check(self, caller: Caller) -> None:
        """Raises ApiError (403) if the caller lacks the scopes. A route without declared scopes is for admin only."""
        declared = [
            each.dependency for each in self.route.dependencies if isinstance(each.dependency, ScopeRequirement)
        ]
        for each in declared or [ScopeRequirement(frozenset())]:
            check_scopes(caller, each.scopes)

    @property
    def accepts_key_in_body(self) -> bool:
        """Whether clients of this route may send their key in a field of the body."""
        return getattr(self.route, "accepts_key_in_body", False) and "POST" in (self.route.methods or ())


class RouteScopes:
    """All routes, in the router's order.

    Raises TypeError for a route that the middleware cannot see: such a route could be called without a key.
    """

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self._routes = []
        for context in iter_route_contexts(routes):
            route = context.original_route
            if not isinstance(route, APIRoute) or route.path != context.path:
                raise TypeError(f"auth cannot see {context.path or route}: add it as a route, without a prefix")
            self._routes.append(ProtectedRoute(route))

    def find(self, scope: HttpScope) -> tuple[ProtectedRoute | None, bool]:
        """The route that the router will choose, and whether it accepts the request's method."""
        other_method = None
        for each in self._routes:
            match, _ = each.route.matches(scope)
            if match is Match.FULL:
                return each, True
            if match is Match.PARTIAL and other_method is None:
                other_method = each
        return other_method, False
