"""Fields of a beam search, which are those of Hugging Face's `generate`."""

from typing import Annotated, Literal

from pydantic import Field

from service.api.requests.fields import RequestModel, contradiction


class BeamFields(RequestModel):
    """How a beam search goes on and ends. null means the same as no field."""

    length_penalty: Annotated[
        float | None,
        Field(ge=-2, le=5, description="With beams: scores are divided by the length to this power. Default: 1."),
    ] = None
    early_stopping: Annotated[
        Literal[True, False, "never"] | None,
        Field(description="With beams: when the search ends. true: as soon as there are as many texts as beams."),
    ] = None


def check_beams(fields: BeamFields, param: str, num_beams: int, n: int = 1, *, n_param: str = "n") -> None:
    """Check the fields of a search with ``num_beams`` beams for ``n`` texts, or of no search if it is 1.

    ``param`` is the field that asks for a search, ``n_param`` the one that has ``n``.

    Raises PydanticCustomError.
    """
    if num_beams == 1:
        if fields.length_penalty not in (None, 1):
            raise contradiction("length_penalty", f"length_penalty needs {param}")
        if fields.early_stopping:
            raise contradiction("early_stopping", f"early_stopping needs {param}")
        return
    if n > num_beams:
        raise contradiction(n_param, f"{n_param} must not be more than the beams")
    neutral = {"temperature": (None, 0), "top_p": (None, 1), "top_k": (None, 0, 1), "min_p": (None, 0)}
    for name, values in neutral.items():
        if getattr(fields, name, None) not in values:
            raise contradiction(name, f"{name} excludes {param}: a beam search draws no token")
