"""A call: the work that all routes share, in one place.

A route parses its body into options and hands two things to a call: a coroutine that prepares the work (it tokenizes),
and a writer that turns the work into response models. The call checks load before it awaits the coroutine, admits the
prepared work, starts it, and answers in JSON or as a stream. It watches the deadline and the client meanwhile.
"""

from collections.abc import Coroutine
from contextlib import ExitStack, closing
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import BaseModel
from starlette.responses import Response

from service.api.auth.route_scopes import CurrentCaller
from service.api.limits.deadline import Deadline
from service.api.limits.token_rate import TokenRateLimit
from service.api.requests.options import greedy_options, to_options
from service.api.requests.sampling_fields import SharedSamplingFields
from service.api.requests.served_model import check_model
from service.api.requests.undeclared_fields import ignored_header
from service.api.responses.event_stream import EventStream
from service.api.state import CurrentState
from service.api.wire.disconnect import raise_on_disconnect, run_guarded
from service.api.wire.response_model import JsonBody, JsonResponse
from service.api.work import PreparedWork, StreamWriter, Work, Writer
from service.tasks.generation.cost import Cost
from service.tasks.generation.options import Options


class Call:
    """One request to a route. ``headers`` are those of its answer; routes and writers may add to them."""

    def __init__(self, http: Request, state: CurrentState, caller: CurrentCaller) -> None:
        self.state = state
        self.caller = caller
        self.headers: dict[str, str] = {}
        self._http = http

    def check(self, body: BaseModel) -> None:
        """Check the fields that no route handles itself: the model's name, and fields that the body does not declare.

        Raises ApiError for another model, for a refused field, and with ``strict_params`` for an unknown one.
        """
        if "model" in type(body).model_fields:
            check_model(getattr(body, "model", None), self.state)
        self.headers |= ignored_header(body, strict=self.state.settings.strict_params)

    def options(self, fields: SharedSamplingFields, **values: Any) -> Options:
        """The sampling fields of a body as options: ``to_options`` with the settings and the caller of this call."""
        return to_options(fields, self.state.settings, self.caller, **values)

    def greedy_options(self, *, max_tokens: int | None = None) -> Options:
        """The options of an API that has no sampling fields."""
        return greedy_options(self.caller, max_tokens=max_tokens)

    def json(self, body: JsonBody) -> Response:
        """An answer in JSON."""
        return JsonResponse(body, headers=self.headers)

    async def answer(
        self, preparing: Coroutine[Any, Any, PreparedWork[Work]], writer: Writer[Work], *, sequences: int = 1
    ) -> Response:
        """Prepare and start the work, and answer with all of it in JSON.

        ``sequences`` is the least that the request needs. Without room for them, ``preparing`` is closed and never run.
        """
        with ExitStack() as owned:
            work, deadline = await self._start(preparing, sequences, owned)
            body = await run_guarded(writer.body(work), deadline.watch(work), raise_on_disconnect(self._http.receive))
            return self.json(body)

    async def stream(
        self, preparing: Coroutine[Any, Any, PreparedWork[Work]], writer: StreamWriter[Work], *, sequences: int = 1
    ) -> Response:
        """Prepare and start the work, and answer with server-sent events.

        An error before the work has started is answered with its HTTP status, a later one is an event.
        """
        with ExitStack() as owned:
            work, deadline = await self._start(preparing, sequences, owned)
            return EventStream(
                writer.events(work),
                owned=owned.pop_all(),
                watch_deadline=partial(deadline.watch, work),
                heartbeat=self.state.settings.heartbeat_seconds,
                patience=self.state.settings.send_timeout,
                headers=self.headers,
            )

    async def _start(
        self, preparing: Coroutine[Any, Any, PreparedWork[Work]], sequences: int, owned: ExitStack
    ) -> tuple[Work, Deadline]:
        """The admitted and started work, and its deadline. ``owned`` ends the work and gives its places back."""
        state = self.state
        with closing(preparing):
            self._check_load(sequences)
            prepared = await preparing
        state.client.require_ready()  # admitted requests continue after a restart; new ones are refused
        deadline = Deadline.from_headers(self._http.headers, state.settings)
        rate_limit = owned.enter_context(TokenRateLimit(self.caller, prepared.cost))
        owned.enter_context(state.admission.admit(prepared.cost))
        work = rate_limit.meter(await prepared.start())
        owned.enter_context(work)
        return work, deadline

    def _check_load(self, sequences: int) -> None:
        """Raises ApiError or ProcessUnavailable if a request will be refused, however few tokens it has."""
        least = Cost(sequences, tokens=sequences)
        self.state.client.require_ready()
        TokenRateLimit(self.caller, least).check()
        self.state.admission.check(least)


CurrentCall = Annotated[Call, Depends(Call)]
