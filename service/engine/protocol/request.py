"""A request to the engine."""

from msgspec import Struct

from service.engine.protocol.sampling_params import SamplingParams
from service.engine.protocol.source import Source


class Request(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A prompt to be continued once. n choices of one prompt are n requests, which share it in the prefix cache."""

    id: str
    prompt: tuple[int, ...]
    params: SamplingParams
    source: Source = ()  # what an encoder reads; ``prompt`` is then that of the decoder. Empty: there is no encoder
    generated: tuple[int, ...] = ()  # tokens that an earlier engine process sampled: computed, never sampled again
    priority: int = 0  # lower runs earlier
    arrival: float = 0.0  # monotonic seconds
    cache_salt: str = ""  # prefixes are shared only under the same salt
    adapter: str = ""  # the name of a loaded adapter; empty: the model alone
    prediction: tuple[int, ...] = ()  # tokens that the output may have, as the client guesses: they change no token
    tenant: str = ""  # the key that the request belongs to: tenants share the engine fairly
