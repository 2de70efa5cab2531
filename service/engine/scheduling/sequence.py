"""One sequence: its tokens, its block table and how far it is computed. It owns these; others read them."""

from array import array
from collections.abc import MutableSequence
from dataclasses import dataclass, field

from service.engine.protocol.types import FinishReason, Request, SamplingParams, TokenLogprob
from service.engine.scheduling.block_pool import Content, Key


@dataclass(slots=True, eq=False)
class Sequence:
    """A request on its way through the engine.

    ``num_computed`` counts the leading tokens whose K and V are in the cache. A sequence wants
    ``num_tokens - num_computed`` more tokens computed: many while its prompt is prefilled, one when it decodes.
    There is no other difference between the two.
    """

    request: Request
    urgency: tuple[float, int] = (0.0, 0)  # who runs and a tenant's who wait are ordered by it, smallest first
    tokens: list[int] = field(default_factory=list)  # prompt, then what was generated
    block_table: MutableSequence[int] = field(default_factory=lambda: array("q"))  # int64, for batches to copy as it is
    num_computed: int = 0
    num_published: int = 0  # leading blocks of the table that are known to the prefix cache
    content: Content = ""  # of the last of them; before the first, the salt
    announced: Key | None = None  # the block it told others to wait for
    awaited: Key | None = None  # the block it waits for, while it waits
    num_cached: int = 0  # prompt tokens taken from the prefix cache at first admission
    num_preemptions: int = 0
    billed: float = 0.0  # seconds of the engine that its tenant was billed when it started
    started: float | None = None  # monotonic seconds of the first admission
    prompt_logprobs: list[TokenLogprob | None] = field(default_factory=list)
    nodes: frozenset[int] = frozenset()  # where it stands in its constraint's graph, if it has one
    finish: FinishReason | None = None
    error: str = ""

    def __post_init__(self) -> None:
        self.tokens = [*self.request.prompt, *self.request.generated]
        self.content = self.request.cache_salt
        if (graph := self.request.params.constraint) is not None:
            self.nodes = graph.after(graph.begin, self.request.generated)

    @property
    def id(self) -> str:
        return self.request.id

    @property
    def params(self) -> SamplingParams:
        return self.request.params

    @property
    def num_prompt(self) -> int:
        return len(self.request.prompt)

    @property
    def num_tokens(self) -> int:
        return len(self.tokens)

    @property
    def most_tokens(self) -> int:
        """What prompt and output may come to."""
        return len(self.request.prompt) + self.request.params.max_tokens

    @property
    def num_generated(self) -> int:
        return len(self.tokens) - len(self.request.prompt)
