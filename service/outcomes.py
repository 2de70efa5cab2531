"""How a request ended: the one list of outcomes, for the metrics and the access log.

An outcome is a pair of words: the second one is a reason, where there are several. Every request has exactly one
outcome. A stream that fails after its status 200 has failed.
"""

from enum import Enum


class Outcome(Enum):
    """The end of a request, as the values of the labels ``outcome`` and ``reason``."""

    OK = "ok", ""  # the whole answer was sent; also the answer to a probe, whatever it says

    # What the client did, or asked for.
    CLIENT_GONE = "client_gone", ""  # it disconnected before the end of its answer, or read nothing for too long
    CLIENT_DEADLINE = "client_deadline", ""  # the time in its own header x-request-timeout has passed

    # The service took no work for it.
    INVALID = "refused", "invalid"  # wrong or unknown fields, not JSON, an encoding that is not supported
    UNAUTHORIZED = "refused", "unauthorized"  # no key, or none that is valid
    FORBIDDEN = "refused", "forbidden"  # the key, or the origin of the page, may not do this
    NOT_FOUND = "refused", "not_found"  # no such route, model, file or response
    CONFLICT = "refused", "conflict"  # not in this state of things, for example before a document is translated
    TOO_LARGE = "refused", "too_large"  # more bytes, tokens or sequences than a request may ever have
    TOO_SLOW = "refused", "too_slow"  # the body did not arrive in time
    RATE_LIMIT = "refused", "rate_limit"  # the key has used what it has in a minute
    OVERLOADED = "refused", "overloaded"  # the service has as many requests as it admits

    # The model cannot be used, or not now.
    LOADING = "model_unavailable", "loading"
    RESTARTING = "model_unavailable", "restarting"  # its process has died, and is started again
    UNLOADED = "model_unavailable", "unloaded"  # it is unloaded, or being unloaded, and not loaded on demand
    NO_MEMORY = "model_unavailable", "no_memory"  # there is no room for it in the memory budget
    FAILED = "model_unavailable", "failed"  # it could not be loaded, or its process was given up

    DRAINING = "draining", ""  # the service is stopping

    # The service began, or should have begun, and did not finish.
    QUEUE_TIMEOUT = "queue_timeout", ""  # no first token within queue_timeout
    REQUEST_TIMEOUT = "request_timeout", ""  # not done within request_timeout
    ENGINE_FAULT = "engine_fault", ""  # the process of the model failed on the request, or died with it
    INTERNAL_ERROR = "internal_error", ""  # an exception that nobody expected

    @property
    def kind(self) -> str:
        """The word for the label ``outcome``."""
        return self.value[0]

    @property
    def reason(self) -> str:
        """The word for the label ``reason``; empty for most outcomes."""
        return self.value[1]

    @property
    def is_fault(self) -> bool:
        """Whether the service is to blame, so that the operator should look. deploy/recording_rules.yml counts these.

        A model that loads or was unloaded is as the operator wants it, and a stopping service too.
        """
        return self in _FAULTS


_FAULTS = {
    Outcome.RESTARTING,
    Outcome.NO_MEMORY,
    Outcome.FAILED,
    Outcome.QUEUE_TIMEOUT,
    Outcome.REQUEST_TIMEOUT,
    Outcome.ENGINE_FAULT,
    Outcome.INTERNAL_ERROR,
}
