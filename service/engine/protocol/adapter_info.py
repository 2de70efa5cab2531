"""The facts about an adapter that an engine was asked to load."""

from msgspec import Struct


class AdapterInfo(Struct, frozen=True, kw_only=True):
    """An adapter: small matrices that change the linear layers of the model for the requests that name it."""

    name: str
    rank: int = 0  # the largest rank of its matrices
    weights_bytes: int = 0
    error: str = ""  # why the adapter is not loaded; empty: it is loaded
