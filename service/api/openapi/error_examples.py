"""One example of an error for each status, for the OpenAPI document."""

from service.api.errors import ApiError

ERROR_EXAMPLES: dict[int, tuple[str, ApiError]] = {
    error.status: (description, error)
    for description, error in (
        (
            "A field is wrong; `param` names it.",
            ApiError(
                400, "temperature: Input should be less than or equal to 2", param="temperature", code="invalid_value"
            ),
        ),
        (
            "The request has no key, or an unknown one.",
            ApiError(401, "The key is not known here", code="invalid_api_key"),
        ),
        (
            "The key lacks the scope for this route, or the right to this priority.",
            ApiError(403, "The key lacks the scope for this: generate", code="missing_scope"),
        ),
        (
            "Another model is served.",
            ApiError(
                404, "The model served here is 'qwen2.5-coder-0.5b-instruct'", param="model", code="model_not_found"
            ),
        ),
        ("The body is too large.", ApiError(413, "The body is larger than 4194304 bytes")),
        (
            "The body is not JSON.",
            ApiError(415, "Send JSON, with the header content-type: application/json", code="unsupported_media_type"),
        ),
        (
            "Too many sequences or tokens at once, or in a minute; `retry-after` says when to try again.",
            ApiError(
                429,
                "The service is busy: 1024 of 1024 sequences are taken, and the request may need 1",
                code="rate_limit_exceeded",
            ),
        ),
        ("A fault of the service.", ApiError(500, "The service failed on this request")),
        ("The engine is loading, stopping or dead.", ApiError(503, "the engine is loading", code="loading")),
        (
            "The request took longer than the service or the header `x-request-timeout` allows.",
            ApiError(504, "The request did not begin within 600 seconds", code="queue_timeout"),
        ),
    )
}
