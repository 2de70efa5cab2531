"""The responses that are kept in memory, so that later requests can continue them."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

_ENTRY_BYTES = 512  # that a response takes besides its JSON, about
_ID_BYTES = 256  # the same for each id of an item


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredResponse:
    """A response and its input, in JSON. ``item_ids`` are the ids of the items of both."""

    id: str
    previous_id: str | None  # the response that this one continues
    body: bytes  # the response
    input: bytes  # a list of items
    item_ids: tuple[str, ...]

    @property
    def size(self) -> int:
        """About the bytes of memory that it takes."""
        return len(self.body) + len(self.input) + _ENTRY_BYTES + _ID_BYTES * len(self.item_ids)


@dataclass(slots=True)
class _Shelf:
    """The responses of one owner, the least recently used first."""

    responses: OrderedDict[str, StoredResponse] = field(default_factory=OrderedDict)
    items: dict[str, str] = field(default_factory=dict)  # id of an item -> id of the first response that has it
    size: int = 0

    def add(self, response: StoredResponse) -> None:
        self.responses[response.id] = response
        self.size += response.size
        for id in response.item_ids:
            self.items.setdefault(id, response.id)

    def remove(self, id: str) -> None:
        response = self.responses.pop(id)
        self.size -= response.size
        for item in response.item_ids:
            if self.items.get(item) == id:
                del self.items[item]


class ResponseStore:
    """At most ``most`` responses that take at most ``most_bytes`` bytes together.

    An owner finds its own responses only. To make room, the owner that takes most loses its least recently used
    responses, so that nobody can push out the responses of others.
    """

    def __init__(self, *, most: int, most_bytes: int) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._shelves: dict[str, _Shelf] = {}

    def __len__(self) -> int:
        return sum(len(shelf.responses) for shelf in self._shelves.values())

    @property
    def size(self) -> int:
        """The bytes that all responses take."""
        return sum(shelf.size for shelf in self._shelves.values())

    @property
    def is_open(self) -> bool:
        """Whether any response can be kept."""
        return self._most > 0

    def add(self, owner: str, response: StoredResponse) -> None:
        """Keep a new response, unless it is larger than the store."""
        if not self.is_open or response.size > self._most_bytes:
            return
        self._shelves.setdefault(owner, _Shelf()).add(response)
        while len(self) > self._most:
            self._drop_from_largest(lambda shelf: len(shelf.responses))
        while self.size > self._most_bytes:
            self._drop_from_largest(lambda shelf: shelf.size)

    def get(self, owner: str, id: str) -> StoredResponse | None:
        """The owner's response with this id, which counts as used."""
        shelf = self._shelves.get(owner)
        if shelf is None or id not in shelf.responses:
            return None
        shelf.responses.move_to_end(id)
        return shelf.responses[id]

    def get_with_item(self, owner: str, item_id: str) -> StoredResponse | None:
        """The owner's first response that has the item in its input or its output."""
        shelf = self._shelves.get(owner)
        return None if shelf is None or item_id not in shelf.items else self.get(owner, shelf.items[item_id])

    def chain(self, owner: str, id: str) -> list[StoredResponse] | None:
        """The response and all before it that it continues, the earliest first; None if one of them is not kept."""
        chain: list[StoredResponse] = []
        following: str | None = id
        while following is not None:
            if (response := self.get(owner, following)) is None:
                return None
            chain.append(response)
            following = response.previous_id
        chain.reverse()
        return chain

    def delete(self, owner: str, id: str) -> bool:
        """Forget a response. Returns whether the owner had it."""
        shelf = self._shelves.get(owner)
        if shelf is None or id not in shelf.responses:
            return False
        self._remove(owner, id)
        return True

    def _drop_from_largest(self, size: Callable[[_Shelf], int]) -> None:
        owner = max(self._shelves, key=lambda owner: size(self._shelves[owner]))
        self._remove(owner, next(iter(self._shelves[owner].responses)))

    def _remove(self, owner: str, id: str) -> None:
        shelf = self._shelves[owner]
        shelf.remove(id)
        if not shelf.responses:
            del self._shelves[owner]
