"""What a client would rather have, as it says in its header ``accept``."""

from collections.abc import Iterator


def prefers_html(accept: str) -> bool:
    """Whether a page is wanted more than JSON. Browsers name ``text/html`` first; programs name JSON, or anything.

    A header that cannot be read prefers nothing.
    """
    weights = dict(_weights(accept))
    json = max((weights.get(each, 0.0) for each in ("application/json", "application/*", "*/*")), default=0.0)
    return weights.get("text/html", 0.0) > json


def _weights(accept: str) -> Iterator[tuple[str, float]]:
    """Media types and their weights, from 0 to 1."""
    for part in accept.split(","):
        name, *parameters = (each.strip().lower() for each in part.split(";"))
        weight = next((each[2:] for each in parameters if each.startswith("q=")), "1")
        try:
            yield name, float(weight)
        except ValueError:
            continue
