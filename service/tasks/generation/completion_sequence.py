"""Completions that one task makes one after another, counted as one."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace

from service.tasks.generation.choice import Choice, raise_if_failed
from service.tasks.generation.completion import Completion
from service.tasks.generation.generator import Generator
from service.tasks.generation.request import GenerationRequest
from service.tasks.generation.usage import Timings, Usage


class CompletionSequence:
    """Starts completions and owns them: ``close`` aborts what is unfinished. Their ids begin with ``id``."""

    def __init__(self, generator: Generator, id: str) -> None:
        self.id = id
        self._generator = generator
        self._completions: list[Completion] = []
        self._owned = ExitStack()

    def start(self, requests: Sequence[GenerationRequest]) -> Completion:
        """Queue the requests of one more completion. Raises ProcessUnavailable or RequestTooLarge."""
        completion = self._generator.start(requests, f"{self.id}-{len(self._completions)}")
        self._owned.enter_context(completion)
        self._completions.append(completion)
        return completion

    async def first_choices(self, requests: Sequence[GenerationRequest]) -> list[Choice]:
        """Run one more completion to its end. Returns the first choice of each request.

        Raises ProcessError if a choice fails, and what ``start`` raises.
        """
        if not requests:
            return []
        choices = [group[0] for group in await self.start(requests).collect()]
        for choice in choices:
            raise_if_failed(choice)
        return choices

    def close(self) -> None:
        """Abort what is unfinished. Idempotent."""
        self._owned.close()

    @property
    def usage(self) -> Usage:
        """The tokens used so far. Later prompts repeat the texts of the first completion, so only its prompts count."""
        if not self._completions:
            return Usage(0, 0, 0)
        usages = [completion.usage for completion in self._completions]
        return replace(usages[0], completion_tokens=sum(usage.completion_tokens for usage in usages))

    @property
    def timings(self) -> Timings:
        """The seconds so far. The queue time and the first token are those of the first completion."""
        if not self._completions:
            return Timings(0.0, None, 0.0)
        timings = [completion.timings for completion in self._completions]
        first = timings[0]
        return Timings(first.queue_seconds, first.ttft_seconds, sum(each.total_seconds for each in timings))
