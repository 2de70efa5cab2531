"""Which keys open which route: each router says so in its ``dependencies``; ``auth`` asks before a body is read."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute, Match
from starlette.types import Scope as HttpScope

from service.api.error_formats import LibreTranslate
from service.api.errors import ApiError
from service.keys.caller import Caller
from service.keys.key import Scope

# Whoever watches the service has no key. Nothing else is answered without one.
WITHOUT_KEY = frozenset({("GET", "/health"), ("GET", "/health/live"), ("GET", "/health/ready")})


async def get_caller(request: Request) -> Caller:
    """The dependency."""
    caller: Caller = request.user
    return caller


Client = Annotated[Caller, Depends(get_caller)]


def require(caller: Caller, scopes: Collection[Scope]) -> None:
    """Raises ApiError for a caller who has none of them."""
    if not caller.may(scopes):
        wanted = " or ".join(sorted(scopes)) or Scope.ADMIN
        raise ApiError(403, f"The key lacks the scope for this: {wanted}", code="missing_scope")


@dataclass(frozen=True, slots=True)
class Needs:
    """Any one of ``scopes``. As a dependency it asks once more, after routing."""

    scopes: frozenset[Scope]

    async def __call__(self, caller: Client) -> None:
        require(caller, self.scopes)


def needs(*scopes: Scope) -> Any:
    """For ``dependencies`` of a router or a route."""
    return Depends(Needs(frozenset(scopes)))


ANY_KEY = needs(*Scope)
ANY_TASK = needs(Scope.GENERATE, Scope.TRANSLATE, Scope.ANSWER)


@dataclass(frozen=True, slots=True)
class Door:
    """A route as seen from outside."""

    route: APIRoute

    def admit(self, caller: Caller) -> None:
        """Raises ApiError for a caller without the scopes. Where none are declared it opens to admin only."""
        declared = [each.dependency for each in self.route.dependencies if isinstance(each.dependency, Needs)]
        for each in declared or [Needs(frozenset())]:
            require(caller, each.scopes)

    @property
    def takes_key_in_body(self) -> bool:
        """Whether clients of this route may put their key into a field of the body."""
        return isinstance(self.route, LibreTranslate) and "POST" in (self.route.methods or ())


class Doors:
    """All routes, in the router's order. Raises TypeError for a route that nobody could ask for a key."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self._doors = []
        for context in iter_route_contexts(routes):
            route = context.original_route
            if not isinstance(route, APIRoute) or route.path != context.path:
                raise TypeError(f"auth cannot see {context.path or route}: add it as a route, without a prefix")
            self._doors.append(Door(route))

    def find(self, scope: HttpScope) -> tuple[Door | None, bool]:
        """The one that the router will choose, and whether it takes the method."""
        other = None
        for door in self._doors:
            match, _ = door.route.matches(scope)
            if match is Match.FULL:
                return door, True
            if match is Match.PARTIAL and other is None:
                other = door
        return other, False
