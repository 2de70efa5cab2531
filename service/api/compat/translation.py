"""The work that the compatible translation APIs share. None of them streams."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

from starlette.responses import Response

from service.api.call import Call
from service.api.requests.options import check_limit
from service.api.translating.way import find_way
from service.api.wire.response_model import JsonBody
from service.settings import Settings
from service.tasks.generation.options import Options
from service.tasks.translation import (
    PreparedTranslation,
    Term,
    Translation,
    TranslationOrder,
    TranslationRun,
    Translator,
)

# The doubts about the translations, for which these APIs have no field: "0: language; 3: copied, length". The numbers
# are the places of the texts in the request.
FLAGS_HEADER = "x-translation-flags"


async def translate(
    call: Call,
    order: TranslationOrder,
    options: Options,
    to_body: Callable[[list[Translation]], JsonBody],
    *,
    model_name: str | None = None,
    find_terms: Callable[[], Awaitable[tuple[Term, ...]]] | None = None,
) -> Response:
    """Translate, and answer with what ``to_body`` makes of the translations.

    Without a ``model_name`` the languages decide which model translates. ``find_terms`` gets the terms of a stored
    glossary, when the request has been let in.
    """
    model = (await find_way(call, model_name, order)).model
    request_id = f"trans-{uuid4().hex}"

    async def prepare() -> PreparedTranslation:
        whole = order if find_terms is None else replace(order, glossary=await find_terms())
        return await model.task(Translator).prepare(whole, options=options, request_id=request_id)

    return await call.answer(model, prepare, _TranslationsWriter(to_body, call.headers))


def check_texts(param: str, texts: Sequence[str], settings: Settings) -> None:
    """Raises ApiError for more texts, or longer ones, than the operator allows."""
    check_limit(param, len(texts), settings.max_texts, "texts")
    check_limit(param, max(map(len, texts)), settings.max_text_length, "characters in a text")


@dataclass(frozen=True, slots=True)
class _TranslationsWriter:
    """Writes the answer with ``to_body``, and all flags into ``headers``."""

    to_body: Callable[[list[Translation]], JsonBody]
    headers: dict[str, str]

    async def body(self, run: TranslationRun) -> JsonBody:
        translations = await run.collect()
        flagged = [
            f"{index}: {', '.join(sorted(translation.flags))}"
            for index, translation in enumerate(translations)
            if translation.flags
        ]
        if flagged:
            self.headers[FLAGS_HEADER] = "; ".join(flagged)
        return self.to_body(translations)
