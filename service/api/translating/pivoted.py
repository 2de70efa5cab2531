"""Translations through a pivot: the first leg is a work of its own, and the second one goes on with what it wrote."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from service.api.call import Call
from service.api.translating.way import Way
from service.errors import InvalidOption
from service.tasks.generation.options import Options
from service.tasks.generation.usage import Usage
from service.tasks.text.languages import Language
from service.tasks.translation import PivotPlan, PreparedTranslation, TranslationRun, Translator
from service.tasks.translation.plan import TranslationPlan


@dataclass(frozen=True, slots=True)
class Pivoted:
    """The ``plan`` of the second leg, what the first one has used, and the names of the models of both."""

    language: Language
    models: tuple[str, str]
    plan: TranslationPlan
    usage: Usage


async def pivoted_plan(
    call: Call, way: Way, options: Options, read: Callable[[Translator, Language], Awaitable[PivotPlan]]
) -> Pivoted | None:
    """Translate into the pivot of this way what ``read`` returns, and wait for it. None if the way has no pivot.

    Raises InvalidOption, and what ``Call.compute`` raises.
    """
    if (first := way.pivot) is None:
        return None
    check_tokens(way, options)
    plans: list[PivotPlan] = []

    async def prepare() -> PreparedTranslation:
        translator = first.model.task(Translator)
        plans[:] = [await read(translator, first.language)]
        return await translator.prepare_plan(plans[0].first, options=options)

    async def finish(run: TranslationRun) -> Pivoted:
        plan = plans[0].second(await run.collect())
        return Pivoted(first.language, (first.model.name, way.model.name), plan, run.usage)

    return await call.compute(first.model, prepare, finish)


def check_tokens(way: Way, options: Options) -> None:
    """Raises InvalidOption for options that name tokens if two models translate."""
    if way.pivot is None or way.pivot.model is way.model:
        return
    params = options.params
    named = {
        "logit_bias": params.logit_bias,
        "stop_token_ids": params.stop_token_ids,
        "allowed_token_ids": params.allowed_token_ids,
    }
    if name := next((name for name, value in named.items() if value), None):
        raise InvalidOption(f"{name}: the two models of a pivot have different tokens", param=name)
