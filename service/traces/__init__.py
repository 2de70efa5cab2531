"""Traces: where the time of a request goes, as spans for OpenTelemetry. Only ``otlp`` imports OpenTelemetry."""
