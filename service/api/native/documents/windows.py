"""Windows of documents, translated as requests are: with a lease, within all limits, for the key of the document."""

from collections.abc import Awaitable
from dataclasses import replace

from fastapi import FastAPI

from service.api.background import Background, retry_after
from service.api.call import Call
from service.api.errors import as_api_error
from service.api.middleware.request_trace import RequestTrace
from service.api.outcome import begin_request
from service.api.requests.options import queue_place
from service.api.translating.languages import readable_by_all
from service.api.translating.pivoted import Pivoted, pivoted_plan
from service.api.translating.way import find_way
from service.api.wire.in_process import background_request
from service.documents.windows import Pivot, SegmentResult, TryAgain, Window, WindowRefused, WindowResult
from service.metrics import Metrics
from service.outcomes import Outcome
from service.tasks.text.languages import Language
from service.tasks.translation import PivotPlan, PreparedTranslation, TranslationOrder, TranslationRun, Translator

_WIDTH = 32  # sequences of a window
_POLITE_WIDTH = 4  # while clients have requests
_PATH = "/v1/translate/document"
_TOO_LONG = "context_length_exceeded"


class Windows:
    """Translates windows with the least priority. A window that the service has no room for is to be tried again."""

    def __init__(self, app: FastAPI, background: Background) -> None:
        self._app = app
        self._background = background

    @property
    def width(self) -> int:
        """The most sequences that the next window should have."""
        return _POLITE_WIDTH if self._background.clients_wait else _WIDTH

    @property
    def readable(self) -> frozenset[str]:
        """The bases of the languages in which a text may be found to be."""
        return readable_by_all(self._app.state.trivium.registry)

    async def translate(self, window: Window) -> WindowResult:
        """The translation of a window. Raises TryAgain or WindowRefused."""
        begin_request()
        metrics: Metrics = self._app.state.trivium.metrics
        name, trace = "", None

        def ended(outcome: Outcome) -> None:
            metrics.observe_request(outcome, name)
            if trace is not None:
                trace.end(name, outcome, {"trivium.segments": len(window.numbers)})

        try:
            caller = self._background.caller(window.owner)
            if wait := self._background.seconds_to_wait(caller):
                raise TryAgain(wait)
            trace = RequestTrace.begin(self._app.state.trivium.tracing.begin("document window", is_server=False))
            call = Call(background_request(self._app, _PATH, caller))
            way = await find_way(call, window.model, _order(window))
            name = way.model.name
            options = window.options.with_values(**queue_place(caller))

            async def read_window(translator: Translator, pivot: Language) -> PivotPlan:
                return PivotPlan.of(window.plan, pivot)

            with self._background.computing():
                pivoted = await pivoted_plan(call, way, options, read_window)
                plan = window.plan if pivoted is None else pivoted.plan

                async def read(run: TranslationRun) -> WindowResult:
                    return await _read(run, window, pivoted)

                def prepare() -> Awaitable[PreparedTranslation]:
                    return way.model.task(Translator).prepare_plan(plan, options=options)

                result = await call.compute(way.model, prepare, read)
            ended(Outcome.OK)
            return result
        except TryAgain:
            raise
        except Exception as error:
            answer = as_api_error(error)
            ended(answer.outcome)
            if (seconds := retry_after(answer.status, answer.code, answer.headers)) is not None:
                raise TryAgain(seconds) from None
            code, is_fault = answer.code or "internal_error", answer.status >= 500
            raise WindowRefused(code, answer.message, is_too_long=code == _TOO_LONG, is_fault=is_fault) from None


async def _read(run: TranslationRun, window: Window, pivoted: Pivoted | None) -> WindowResult:
    """What a run has made of a window: each of its segments is a text."""
    translations = await run.collect()
    segments = [
        SegmentResult(number, translation.text, tuple(map(str, translation.flags)))
        for number, translation in zip(window.numbers, translations, strict=True)
    ]
    usage = run.usage if pivoted is None else pivoted.usage + run.usage
    return WindowResult(
        segments=segments,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        pivot=None if pivoted is None else Pivot(language=pivoted.language.code, models=pivoted.models),
    )


def _order(window: Window) -> TranslationOrder:
    """The order of the window's document, with the language of its texts."""
    order, source = window.plan.order, next((each.source for each in window.plan.segments if each.source), None)
    return order if source is None else replace(order, source=source.code)
