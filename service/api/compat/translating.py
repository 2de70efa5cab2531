"""The way of a translation through the APIs that do not stream."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

from fastapi import Request
from starlette.responses import Response

from service.api.replies.reply import Json, reply_whole
from service.api.requests.options import at_most
from service.api.state import State
from service.tasks.generation.generator import Options
from service.tasks.translation import Translation, TranslationOrder, TranslationRun

FLAGS_HEADER = "x-translation-flags"  # what is doubtful, for which these APIs have no field


async def translate(
    http: Request,
    state: State,
    order: TranslationOrder,
    write: Callable[[list[Translation]], Any],
    *,
    options: Options,
    headers: dict[str, str],
) -> Response:
    """Answer with what ``write`` makes of the translations."""
    job = await state.translator.prepare(order, options=options)

    async def start() -> TranslationRun:
        return await state.translator.start(job, request_id=f"trans-{uuid4().hex}")

    async def whole(run: TranslationRun) -> Response:
        translations = await run.collect()
        flags = sorted({flag for translation in translations for flag in translation.flags})
        return Json(write(translations), headers=headers | ({FLAGS_HEADER: ", ".join(flags)} if flags else {}))

    return await reply_whole(http, state, start, whole, cost=job.cost)


def check_texts(param: str, texts: Sequence[str], state: State) -> None:
    """Raises ApiError for more than the operator allows."""
    at_most(param, len(texts), state.settings.max_texts, "texts")
    at_most(param, max(map(len, texts)), state.settings.max_text_length, "characters in a text")
