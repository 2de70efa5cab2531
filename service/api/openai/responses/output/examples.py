"""Examples of answers for the OpenAPI document. That of a stream has an event of each kind."""

from itertools import count

import msgspec

from service.api.errors import error_response
from service.api.openai.responses.items import (
    FunctionCallItem,
    InputText,
    MessageItem,
    OutputText,
    ReasoningItem,
    ReasoningText,
)
from service.api.openai.responses.output.events import (
    ErrorEvent,
    ResponseCompleted,
    ResponseCreated,
    ResponseEvent,
    ResponseFailed,
    ResponseIncomplete,
    ResponseInProgress,
    named_event,
)
from service.api.openai.responses.output.output import Output
from service.api.openai.responses.output.response import (
    DeletedResponse,
    IncompleteDetails,
    InputTokensDetails,
    ItemList,
    OutputTokensDetails,
    ResponseFailure,
    ResponseInputTokens,
    ResponseObject,
    ResponseTokens,
)
from service.api.openapi.example_values import EXAMPLE_CREATED, EXAMPLE_MODEL
from service.api.responses.event_stream import PING, StreamForm
from service.tasks.conversation.parsing.turn import CallDelta, Parts

EXAMPLE = ResponseObject(
    id="resp_4f0c",
    created_at=EXAMPLE_CREATED,
    status="completed",
    completed_at=EXAMPLE_CREATED + 1,
    model=EXAMPLE_MODEL,
    output=[
        ReasoningItem("rs_1b2d", [], [ReasoningText("France's capital is Paris.")], "completed"),
        MessageItem("msg_9a7e", "assistant", [OutputText("Paris")], "completed"),
        FunctionCallItem("fc_77c0", "call_5d1c", "get_weather", '{"city": "Paris"}', "completed"),
    ],
    usage=ResponseTokens(9, InputTokensDetails(0), 3, OutputTokensDetails(0), 12),
)
EXAMPLE_DELETED = DeletedResponse("resp_4f0c", "response", True)
EXAMPLE_ITEMS = ItemList.page([MessageItem("msg_30ce", "user", [InputText("And of Italy?")], "completed")], 20)
EXAMPLE_TOKENS = ResponseInputTokens("response.input_tokens", 9)


def _events() -> list[ResponseEvent]:
    numbers = count()
    begun = msgspec.structs.replace(EXAMPLE, status="in_progress", completed_at=None, output=[], usage=None)
    events: list[ResponseEvent] = [ResponseCreated(next(numbers), begun), ResponseInProgress(next(numbers), begun)]
    output = Output(numbers)
    for parts in (
        Parts(reasoning="France's capital is Paris."),
        Parts(text="Paris"),
        Parts(calls=[CallDelta(0, id="call_5d1c", name="get_weather"), CallDelta(0, '{"city": "Paris"}')]),
    ):
        events += output.add(parts, [])
    events += output.finish("completed")
    events.append(ResponseCompleted(next(numbers), msgspec.structs.replace(EXAMPLE, output=output.items)))
    return events


_CUT = msgspec.structs.replace(
    EXAMPLE, status="incomplete", completed_at=None, incomplete_details=IncompleteDetails("max_output_tokens")
)
_FAILED = msgspec.structs.replace(
    EXAMPLE,
    status="failed",
    completed_at=None,
    output=[],
    usage=None,
    error=ResponseFailure("server_error", "The service failed on this request"),
)
# Whole, then the ends of two other streams.
EXAMPLE_EVENTS = (
    *_events(),
    ResponseIncomplete(9, _CUT),
    ErrorEvent(2, None, "The service failed on this request", None),
    ResponseFailed(3, _FAILED),
)
EXAMPLE_FORM = StreamForm(media_type="text/event-stream", event=named_event, error=error_response, ping=PING, done=b"")
