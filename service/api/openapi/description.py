"""The introduction of the OpenAPI document: the rules of all routes."""

from service.api.requests.undeclared_fields import REFUSED, WITHOUT_EFFECT

DESCRIPTION = f"""\
Text generation, translation, question answering, embeddings and re-ranking.

Errors have OpenAI's shape and name the wrong field in `param`; routes of other APIs have the error shapes of those
APIs. Every answer carries an `x-request-id`, yours if you sent one. Streams are server-sent events that end with
`data: [DONE]`; an error after the first byte is an event with `error`. Anthropic's events have names and no end mark;
Ollama's routes stream lines of JSON.

If the service has keys, every request needs one, in `authorization: Bearer` or `x-api-key`. Without a known key the
answer is 401, without the right to a route 403, and 429 after the key's limits for a minute are used up.

The header `x-request-timeout` limits the seconds that a request may take. A request that is late is aborted and ends
with 504, or with an error event in its stream.

Known fields are obeyed or refused. Unknown fields are listed in the header `x-ignored-params`.

These fields change nothing in an answer and are accepted: {", ".join(sorted(WITHOUT_EFFECT))}.

These fields are refused by routes that do not list them, unless their value asks for nothing: \
{", ".join(sorted(REFUSED))}.
"""
