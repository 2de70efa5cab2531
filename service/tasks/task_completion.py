"""The texts of a task being written: a Completion whose texts are dressed for the reader.

Owns the whitespace at the end of a text that is not known to be its end yet. All texts that need the model are written
in one Completion, so they share the engine's batch.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from msgspec.structs import replace

from service.engine.types import FinishReason, TokenOutput
from service.tasks.completion import Choice, Completion, CompletionRequest, Delta, Timings, Usage
from service.tasks.generation import Generator


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One text to be written: ``before``, then what the model writes, trimmed, then ``after``.

    ``request`` is None where ``before`` is the whole text and no model is needed. ``trim_start`` is off where the model
    goes on right behind ``before``.
    """

    request: CompletionRequest | None
    before: str = ""
    after: str = ""
    trim_start: bool = True


class TaskCompletion:
    """Used as a Completion is: iterate for deltas, whose ``prompt_index`` counts the texts, or ``collect``.

    The requests are in the engine once this object exists. Raises what ``Generator.start`` raises.
    """

    def __init__(self, generator: Generator, drafts: Sequence[Draft], request_id: str | None = None) -> None:
        self._drafts = drafts
        self._indices = [index for index, draft in enumerate(drafts) if draft.request is not None]
        requests = [draft.request for draft in drafts if draft.request is not None]
        self._completion: Completion | None = generator.start(requests, request_id) if requests else None

    async def __aiter__(self) -> AsyncIterator[Delta]:
        for index, draft in enumerate(self._drafts):
            if draft.request is None:
                yield Delta(index, 0, draft.before + draft.after, finish=FinishReason.STOP)
        if self._completion is None:
            return
        dressers: dict[tuple[int, int], _Dresser] = {}
        async for delta in self._completion:
            index = self._indices[delta.prompt_index]
            dresser = dressers.setdefault((index, delta.choice), _Dresser(self._drafts[index]))
            if (dressed := dresser.push(replace(delta, prompt_index=index))) is not None:
                yield dressed

    async def collect(self) -> list[list[Choice]]:
        """All of it, as ``[text][choice]``."""
        texts = [[Choice() for _ in range(draft.request.n if draft.request else 1)] for draft in self._drafts]
        async for delta in self:
            texts[delta.prompt_index][delta.choice].add(delta)
        return texts

    def close(self) -> None:
        """Abort what is unfinished. Idempotent."""
        if self._completion is not None:
            self._completion.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    @property
    def usage(self) -> Usage:
        """So far."""
        return Usage(0, 0, 0) if self._completion is None else self._completion.usage

    @property
    def timings(self) -> Timings:
        """So far."""
        return Timings(0.0, None, 0.0) if self._completion is None else self._completion.timings


class _Dresser:
    """Dresses the deltas of one choice."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._begun = False
        self._space = ""  # after the text so far; sent only if more text follows
        self._tokens: tuple[TokenOutput, ...] = ()

    def push(self, delta: Delta) -> Delta | None:
        text = delta.text if self._begun or not self._draft.trim_start else delta.text.lstrip()
        text = self._space + text
        body = text.rstrip()
        self._space = text[len(body) :]
        self._tokens += delta.tokens
        if not body and delta.finish is None:
            return None
        if not self._begun:
            body = self._draft.before + body
            self._begun = True
        if delta.finish is not None:
            body += self._draft.after
        tokens, self._tokens = self._tokens, ()
        return replace(delta, text=body, tokens=tokens)
