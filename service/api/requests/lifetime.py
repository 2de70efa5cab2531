"""How long files are kept, as a client may ask for."""

from typing import Annotated, Literal

from pydantic import Field

from service.api.requests.fields import RequestModel
from service.api.requests.options import check_limit

SHORTEST, LONGEST = 3600, 30 * 24 * 3600  # seconds


class ExpiresAfter(RequestModel):
    """Files are deleted ``seconds`` after they were made."""

    anchor: Literal["created_at"]
    seconds: Annotated[int, Field(ge=SHORTEST, le=LONGEST, description="From the time at which the file was made.")]


def lifetime(param: str, wanted: ExpiresAfter | None, limit: int) -> int:
    """The seconds that files are kept. Raises ApiError (400) for more than the operator's limit."""
    if wanted is None:
        return limit
    check_limit(f"{param}.seconds", wanted.seconds, limit, "seconds")
    return wanted.seconds
