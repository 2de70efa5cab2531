"""Generation requests that wait for their start."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.tasks.generation.completion import Completion
from service.tasks.generation.cost import Cost
from service.tasks.generation.generator import Generator
from service.tasks.generation.request import GenerationRequest


@dataclass(frozen=True, slots=True)
class PreparedCompletion:
    """Tokenized and checked, but not in the engine yet. ``id`` becomes the id of the completion."""

    generator: Generator
    requests: Sequence[GenerationRequest]
    id: str

    @property
    def cost(self) -> Cost:
        """The cost of decoding every choice to its full length."""
        return Cost.from_requests(self.requests)

    async def start(self) -> Completion:
        """Queue the requests. Raises ProcessUnavailable or RequestTooLarge."""
        return self.generator.start(self.requests, self.id)
