"""The queue of waiting inputs, and the choice of inputs that are computed together. It knows no model."""

from collections.abc import Collection
from dataclasses import dataclass

from service.encoder.messages import EncodeRequest, EncoderInput


@dataclass(frozen=True, slots=True)
class WaitingInput:
    """An input of a request.

    ``number`` counts arrivals. ``turn`` counts tokens: inputs of one priority are served in the order of their turns.
    """

    request_id: str
    index: int  # of the input in the request
    input: EncoderInput
    priority: int
    turn: int
    number: int
    tenant: str

    def __len__(self) -> int:
        return len(self.input.tokens)


class InputQueue:
    """Owns the waiting inputs. A batch has at most ``max_tokens`` tokens with its padding, or one input.

    Tenants take turns, token for token, as in the engine's waiting queue: a tenant with many inputs does not make
    the others wait for all of them.
    """

    def __init__(self, max_tokens: int) -> None:
        self._max_tokens = max_tokens
        self._waiting: list[WaitingInput] = []
        self._arrivals = 0
        self._turn = 0  # of the last input that was first in a batch
        self._turns: dict[str, int] = {}  # tenant -> the turn of its next input, if that is later

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, request: EncodeRequest) -> None:
        """Add the inputs of a request, behind those of the same tenant and priority."""
        turn = max(self._turn, self._turns.get(request.tenant, 0))
        for index, input in enumerate(request.inputs):
            if index in request.done:
                continue
            number = self._arrivals
            self._waiting.append(WaitingInput(request.id, index, input, request.priority, turn, number, request.tenant))
            self._arrivals += 1
            turn += len(input.tokens)
        self._turns[request.tenant] = turn

    def abort(self, request_ids: Collection[str]) -> None:
        """Drop the inputs of these requests. Their tenants get the turns back."""
        tenants = {each.tenant for each in self._waiting if each.request_id in request_ids}
        self._waiting = [each for each in self._waiting if each.request_id not in request_ids]
        for tenant in tenants:
            ends = (each.turn + len(each) for each in self._waiting if each.tenant == tenant)
            self._turns[tenant] = max(ends, default=self._turn)

    def pop_batch(self) -> list[WaitingInput]:
        """Remove and return the next batch; empty if no input waits.

        The batch holds the input with the first turn and those nearest in length, so that there is little padding.
        """
        if not self._waiting:
            return []
        first = min(self._waiting, key=lambda each: (each.priority, each.turn, each.number))
        self._turn = max(self._turn, first.turn)
        self._turns = {tenant: turn for tenant, turn in self._turns.items() if turn > self._turn}
        nearest = sorted(
            self._waiting, key=lambda each: (each.priority, abs(len(each) - len(first)), each.turn, each.number)
        )
        batch: list[WaitingInput] = []
        longest = 0
        for each in nearest:
            longest = max(longest, len(each))
            if batch and longest * (len(batch) + 1) > self._max_tokens:
                break
            batch.append(each)
        numbers = {each.number for each in batch}
        self._waiting = [each for each in self._waiting if each.number not in numbers]
        return batch
