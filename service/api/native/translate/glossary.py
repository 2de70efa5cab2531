"""Stored glossaries of the caller, by name or id."""

from collections.abc import Sequence

from service.api.call import Call
from service.glossaries.language_pair import language_pair
from service.tasks.translation import Term


async def stored_terms(call: Call, name: str, source: str, target: str, texts: Sequence[str]) -> tuple[Term, ...]:
    """The terms of the caller's glossary with this name or id that may occur in these texts. Raises TaskError."""
    glossaries, owner = call.state.glossaries, call.caller.owner
    pair = language_pair(source, target)
    stored = await glossaries.find(owner, name, param="glossary")
    return await glossaries.terms(owner, stored.id, pair, texts, param="glossary")
