"""A call: the work that all routes share, in one place.

A route parses its body into options, picks its model, and hands two things to a call: a function that prepares the
work (it tokenizes), and a writer that turns the work into response models. The call checks load, waits for the model if
it is not loaded, prepares and admits the work, starts it, and answers in JSON or as a stream. It watches the deadline
and the client meanwhile.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import AbstractContextManager, ExitStack, aclosing
from functools import partial
from typing import Annotated, Any, Never, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel
from starlette.responses import Response

from service.api.auth.route_scopes import caller_of
from service.api.errors import noting_outcome
from service.api.limits.deadline import Deadline
from service.api.limits.token_rate import TokenRateLimit
from service.api.middleware.access_log import note_model
from service.api.middleware.request_trace import current_trace
from service.api.requests.options import greedy_options, to_options
from service.api.requests.sampling_fields import SharedSamplingFields
from service.api.requests.undeclared_fields import ignored_header, with_ignored
from service.api.responses.event_stream import SERVER_SENT_EVENTS, EventStream, StreamForm
from service.api.state import state_of
from service.api.wire.disconnect import raise_on_disconnect, run_guarded
from service.api.wire.in_process import IN_PROCESS_CALLER
from service.api.wire.response_model import JsonBody, JsonResponse
from service.api.work import Noted, NotStarted, PreparedWork, StreamWriter, Work, Writer
from service.models.capabilities import Capability
from service.outcomes import Outcome
from service.serving.adapter import ServedAdapter
from service.serving.model import ServedModel
from service.tasks.generation.cost import Cost
from service.tasks.generation.options import Options
from service.traces.span import traced

T = TypeVar("T")
Served = ServedModel | ServedAdapter
Prepare = Callable[[], Awaitable[PreparedWork[Work]]]


class Call:
    """One request to a route. ``headers`` are those of its answer; routes and writers may add to them."""

    def __init__(self, http: Request) -> None:
        self.state = state_of(http)
        self.caller = caller_of(http)
        self.headers: dict[str, str] = {}
        self._http = http
        self._capability: Capability | None = None  # that the request needs
        self._deadline: Deadline | None = None  # of the first work

    def check(self, body: BaseModel) -> None:
        """Check the fields that the body does not declare.

        Raises ApiError for a refused field, and with ``strict_params`` for an unknown one.
        """
        self.headers |= ignored_header(body, strict=self.state.settings.strict_params)

    def model(self, name: str | None, capability: Capability | None = None) -> Served:
        """The model for this request: the one with this name, or without a name the default of the task.

        Raises ModelNotServed (404) or IncapableModel (400).
        """
        model = self.state.registry.find(name, capability)
        self._capability = capability
        note_model(model.name)
        return model

    def options(self, fields: SharedSamplingFields, **values: Any) -> Options:
        """The sampling fields of a body as options: ``to_options`` with the settings and the caller of this call."""
        options = to_options(fields, self.state.settings, self.caller, **values)
        if trace := current_trace():
            trace.note_options(options)
        return options

    def greedy_options(self, *, max_tokens: int | None = None) -> Options:
        """The options of an API that has no sampling fields."""
        return greedy_options(self.caller, max_tokens=max_tokens)

    async def note_ignored(self, preparing: Awaitable[Noted]) -> Noted:
        """Await ``preparing``, and name the fields that it ignores in the header.

        With ``strict_params``, raises ApiError if there are any.
        """
        prepared = await preparing
        self.headers |= with_ignored(self.headers, prepared.ignored, strict=self.state.settings.strict_params)
        return prepared

    def json(self, body: JsonBody, *, status: int = 200) -> Response:
        """An answer in JSON."""
        return JsonResponse(body, status, headers=self.headers)

    async def lease(self, model: Served) -> AbstractContextManager[None]:
        """A lease of the model, to be entered at once. If the model is not loaded, the request waits for its load.

        Raises ModelUnavailable, IncapableModel, ApiError (504), ClientDisconnected.
        """
        lease = await self._wait_for(model, self._next_deadline())
        self.state.registry.require(model, self._capability)
        return lease

    async def answer(
        self, model: Served, prepare: Prepare[Work], writer: Writer[Work], *, sequences: int = 1
    ) -> Response:
        """Prepare and start the work, and answer with all of it in JSON: ``compute`` with a writer."""
        return self.json(await self.compute(model, prepare, writer.body, sequences=sequences))

    async def compute(
        self,
        model: Served,
        prepare: Prepare[Work],
        read: Callable[[Work], Coroutine[Any, Any, T]],
        *,
        sequences: int = 1,
    ) -> T:
        """Prepare and start the work, and return what ``read`` makes of it.

        ``sequences`` is the least that the request needs. Without room for them, ``prepare`` is never called.
        """
        self._note_operation(stream=False)
        with ExitStack() as owned:
            self._check_load(model, sequences)
            deadline = self._next_deadline()
            owned.enter_context(await self._wait_for(model, deadline))
            work = await self._start(model, prepare, owned)
            in_background = IN_PROCESS_CALLER in self._http.scope  # and cancelled when nobody wants it any more
            with noting_outcome(cancelled=Outcome.CLIENT_GONE if in_background else Outcome.DRAINING):
                return await run_guarded(read(work), deadline.watch(work), raise_on_disconnect(self._http.receive))

    async def stream(
        self,
        model: Served,
        prepare: Prepare[Work],
        writer: StreamWriter[Work],
        *,
        sequences: int = 1,
        form: StreamForm = SERVER_SENT_EVENTS,
    ) -> Response:
        """Prepare and start the work, and answer with a stream of events in this form.

        An error before the work has started is answered with its HTTP status, a later one is an event. While a model
        loads, the stream is open already, and errors are events.
        """
        self._note_operation(stream=True)
        self._check_load(model, sequences)
        deadline = self._next_deadline()
        with ExitStack() as owned:
            if not self.state.registry.may_wait(model.base):
                owned.enter_context(model.lease())
                work = await self._start(model, prepare, owned)
                return self._event_stream(writer.events(work), owned.pop_all(), partial(deadline.watch, work), form)
        owned, waiting = ExitStack(), NotStarted()

        async def events() -> AsyncGenerator[bytes, None]:
            owned.enter_context(await self.state.registry.lease(model))
            work = waiting.work = await self._start(model, prepare, owned)
            async with aclosing(writer.events(work)) as written:
                async for part in written:
                    yield part

        return self._event_stream(events(), owned, partial(deadline.watch, waiting), form)

    def follow(self, events: AsyncGenerator[bytes, None]) -> Response:
        """A stream of events that this request only follows: it computes nothing and has no deadline."""
        return self._event_stream(events, ExitStack(), _no_deadline)

    def _event_stream(
        self,
        events: AsyncGenerator[bytes, None],
        owned: ExitStack,
        watch_deadline: Callable[[], Coroutine[Any, Any, Never]],
        form: StreamForm = SERVER_SENT_EVENTS,
    ) -> EventStream:
        return EventStream(
            events,
            owned=owned,
            watch_deadline=watch_deadline,
            heartbeat=self.state.settings.heartbeat_seconds,
            patience=self.state.settings.send_timeout,
            headers=self.headers,
            form=form,
        )

    def _next_deadline(self) -> Deadline:
        """The deadline of the next work of the request. Raises ApiError (400) for an invalid header."""
        if self._deadline is None:
            self._deadline = Deadline.from_headers(self._http.headers, self.state.settings)
        return self._deadline.next_work()

    async def _wait_for(self, model: Served, deadline: Deadline) -> AbstractContextManager[None]:
        if not self.state.registry.may_wait(model.base):
            return model.lease()
        with model.base.leases.awaited():  # until the caller has the lease: run_guarded returns later than its work
            return await run_guarded(
                self.state.registry.lease(model),
                deadline.watch(NotStarted()),
                raise_on_disconnect(self._http.receive),
            )

    async def _start(self, model: Served, prepare: Prepare[Work], owned: ExitStack) -> Work:
        """The admitted and started work. ``owned`` ends the work and gives its places back."""
        self.state.registry.require(model, self._capability)  # its files may have been fetched only now
        model.base.client.require_ready()
        admission = self.state.admissions[model.base.name]
        admission.fit(model.base.client.info)
        with traced("prepare"):
            prepared = await prepare()
        model.base.client.require_ready()  # admitted requests continue after a restart; new ones are refused
        rate_limit = owned.enter_context(TokenRateLimit(self.caller, prepared.cost))
        owned.enter_context(admission.admit(prepared.cost))
        if IN_PROCESS_CALLER not in self._http.scope:
            owned.enter_context(self.state.admissions.of_client())
        work = rate_limit.meter(await prepared.start())
        owned.enter_context(work)
        return work

    def _note_operation(self, *, stream: bool) -> None:
        if trace := current_trace():
            trace.note_operation(self._capability, stream=stream)

    def _check_load(self, model: Served, sequences: int) -> None:
        """Raises ApiError or ProcessUnavailable if a request will be refused, however few tokens it has."""
        least = Cost(sequences, tokens=sequences)
        if model.base.is_ready:
            model.base.client.require_ready()
        TokenRateLimit(self.caller, least).check()
        self.state.admissions[model.base.name].check(least)


async def _no_deadline() -> Never:
    await asyncio.Event().wait()
    raise AssertionError


async def get_call(http: Request) -> Call:
    """The call of this request, as a FastAPI dependency: a coroutine, since FastAPI runs all others in threads."""
    return Call(http)


CurrentCall = Annotated[Call, Depends(get_call)]
