"""``GET /playground`` and what its page loads, and ``GET /`` for browsers.

The files hold no secret, so they need no key; what the page asks of the service needs one as any client does.
"""

from typing import Annotated

from fastapi import APIRouter, Header, Query
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from service.api.operations.health import ready
from service.api.playground.accept import prefers_html
from service.api.playground.files import PAGE, page_files
from service.api.state import CurrentState

router = APIRouter(include_in_schema=False)

# Nothing is loaded from elsewhere or written into the page as code, and no text becomes markup.
_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "connect-src": "'self'",
    "img-src": "'self' data:",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}
_HEADERS = {
    "content-security-policy": "; ".join(f"{name} {value}" for name, value in _POLICY.items()),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-cache",  # a browser keeps the files, and asks by their tags whether they are still the same
}
_LOCATION = "playground"  # relative: a proxy may serve the service under a prefix
_Accept = Annotated[str, Header()]
_IfNoneMatch = Annotated[str, Header()]


@router.get("/")
async def root(
    state: CurrentState, accept: _Accept = "", model: Annotated[str | None, Query(max_length=512)] = None
) -> Response:
    """The playground for browsers, and the answer of ``/health/ready`` for programs."""
    response = RedirectResponse(_LOCATION, 307) if prefers_html(accept) else await ready(state, model)
    response.headers["vary"] = "accept"
    return response


@router.get("/playground")
async def page(if_none_match: _IfNoneMatch = "") -> Response:
    """The page."""
    return _respond(PAGE, if_none_match)


@router.get("/playground/assets/{folder}/{name}")
async def asset(folder: str, name: str, if_none_match: _IfNoneMatch = "") -> Response:
    """A file that the page loads. Raises HTTPException (404)."""
    return _respond(f"{folder}/{name}", if_none_match)


def _respond(name: str, if_none_match: str) -> Response:
    file = page_files().get(name)
    if file is None:
        raise HTTPException(404)
    headers = {**_HEADERS, "etag": file.etag}
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    if file.etag in tags or "*" in tags:
        return Response(status_code=304, headers=headers)
    return Response(file.content, media_type=file.media_type, headers=headers)
