"""Whether there are traces, by OpenTelemetry's own variables: they are on exactly when an endpoint is set.

https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ describes the variables. What is wrong
with them is a warning: a service that does not start because its traces cannot be had is worse than one without traces.
"""

import logging
import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from service.traces.tracing import NO_TRACING, Tracing

logger = logging.getLogger(__name__)

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
EXPORTER = "OTEL_TRACES_EXPORTER"
DISABLED = "OTEL_SDK_DISABLED"


def open_tracing(environ: Mapping[str, str] = os.environ) -> Tracing:
    """The tracing that the variables ask for. It is to be closed. OpenTelemetry reads the variables of the process."""
    endpoint = next((name for name in ENDPOINTS if environ.get(name)), None)
    if endpoint is None or _word(environ, DISABLED) == "true" or _word(environ, EXPORTER) == "none":
        return NO_TRACING
    if reason := _obstacle(environ):
        return _off(endpoint, reason)
    try:
        from service.traces.otlp import OtlpTracing
    except ImportError:
        return _off(endpoint, "the packages are not installed: pip install 'trivium[traces]'")
    address = urlsplit(environ[endpoint]).netloc.rpartition("@")[2]  # without a password
    try:
        tracing = OtlpTracing(address)
    except (OSError, ValueError) as error:  # a number, a compression or a certificate of the operator
        return _off(endpoint, str(error))
    logger.info("traces are sent to %s", address)
    return tracing


def _obstacle(environ: Mapping[str, str]) -> str:
    """What the variables ask for and the service does not have; nothing if they can be followed."""
    if (exporter := _word(environ, EXPORTER)) not in ("", "otlp"):
        return f"{EXPORTER} is {exporter!r}; only otlp and none are known"
    name = next((name for name in PROTOCOLS if environ.get(name)), "")
    if (protocol := _word(environ, name)) not in ("", "http/protobuf"):
        return f"{name} is {protocol!r}; only http/protobuf is known, usually on port 4318"
    return ""


def _word(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name, "").strip().lower()


def _off(endpoint: str, reason: str) -> Tracing:
    logger.warning("%s is set, but there are no traces: %s", endpoint, reason)
    return NO_TRACING
