"""Prompts are computed one after another, the shortest first, and none starves."""

from hypothesis import given, settings
from hypothesis import strategies as st

from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.scheduling.block_pool import BlockPool
from service.engine.scheduling.prompt_turns import LEAST_TOKENS, STRETCH
from service.engine.scheduling.scheduler import Scheduler
from service.engine.scheduling.step import ChunkOutput

CHUNK, BUDGET = 32, 64


class Service:
    """A scheduler with a runner that takes a millisecond for each token; ``now`` is the time in seconds."""

    def __init__(self, *, seqs: int = 64, caching: bool = False) -> None:
        self.scheduler = Scheduler(
            BlockPool(4000, 4, prefix_caching=caching),
            max_num_seqs=seqs,
            max_batch_tokens=BUDGET,
            prefill_chunk=CHUNK,
            max_model_len=4000,
            ageing_seconds=10.0,
        )
        self.now = 0.0
        self.finished: list[str] = []

    def add(self, name: str, length: int, *, shared: int = 0, tenant: str = "") -> None:
        """Queue a prompt of ``length`` tokens, which begins with ``shared`` tokens that others have too."""
        own = 1000 + len(self.scheduler._sequences)
        prompt = (7,) * shared + (own,) * (length - shared)
        params = SamplingParams(max_tokens=1)
        self.scheduler.add(Request(id=name, prompt=prompt, params=params, arrival=self.now, tenant=tenant))

    def step(self) -> dict[str, int]:
        """Compute a step. Returns the tokens of each prompt."""
        step = self.scheduler.schedule()
        outputs = [ChunkOutput(token=1 if chunk.samples else None) for chunk in step.chunks]
        self.finished += [output.request_id for output in self.scheduler.commit(step, outputs)]
        self.now += step.num_tokens / 1000
        self.scheduler.record_step_time(step, step.num_tokens / 1000)
        return {chunk.sequence.id: chunk.num_tokens for chunk in step.chunks}

    @property
    def has_work(self) -> bool:
        return bool(self.scheduler.num_running or self.scheduler.num_waiting)


def test_equal_prompts_are_computed_one_after_another() -> None:
    service = Service()
    for name in "abcd":
        service.add(name, 3 * CHUNK)
    steps = []
    while service.has_work:
        steps.append(service.step())
    assert steps == [{name: CHUNK} for name in "abcd" for _ in range(3)]


def test_a_short_prompt_passes_long_ones_that_run() -> None:
    service = Service()
    service.add("long", 10 * CHUNK)
    service.step()
    service.add("longer", 20 * CHUNK)
    service.add("short", 20)
    assert service.step() == {"short": 20, "long": LEAST_TOKENS}  # the long one is the most urgent that runs
    service.step()
    assert service.finished == ["short"]
    while service.has_work:
        service.step()
    assert service.finished == ["short", "long", "longer"]


@settings(max_examples=60)
@given(
    work=st.lists(st.tuples(st.integers(1, 300), st.integers(0, 4)), min_size=2, max_size=24),
    seqs=st.sampled_from([1, 3, 64]),
)
def test_a_prompt_is_passed_only_by_those_that_come_soon(work: list[tuple[int, int]], seqs: int) -> None:
    """The bound: ``STRETCH`` times the seconds that the prompt needs itself."""
    service = Service(seqs=seqs)
    arrivals = []
    for number, (length, steps) in enumerate(work):
        arrivals.append((service.now, length))
        service.add(f"{number}", length)
        for _ in range(steps):
            service.step()
    while service.has_work:
        service.step()
    place = {int(name): place for place, name in enumerate(service.finished)}
    for first, (arrival, length) in enumerate(arrivals):
        for second in range(first + 1, len(arrivals)):
            if arrivals[second][0] > arrival + STRETCH * length / 1000 + 1e-9:
                assert place[first] < place[second]


def test_the_most_urgent_prompt_has_tokens_in_every_step_of_an_endless_flow() -> None:
    service = Service()
    service.add("long", 100 * LEAST_TOKENS)
    service.step()
    service.now = 0.0  # time stands still, so nothing ages
    for number in range(100):
        for copy in range(4):
            service.add(f"{number}-{copy}", CHUNK)
        assert service.step().get("long", LEAST_TOKENS) >= LEAST_TOKENS
        service.now = 0.0
    assert "long" in service.finished
    assert service.scheduler.num_waiting > 100


def test_prompts_of_another_tenant_leave_half_of_each_step_to_the_most_urgent_one() -> None:
    service = Service()
    service.add("long", 1000, tenant="a")
    service.step()
    for number in range(20):
        for copy in range(4):
            service.add(f"{number}-{copy}", CHUNK // 2, tenant="b")
        chunks = service.step()
        assert chunks["long"] == BUDGET // 2
        assert sum(chunks.values()) == BUDGET


def test_none_waits_for_the_prefix_of_a_prompt_that_others_pass() -> None:
    service = Service(caching=True)
    service.add("leader", 60 * CHUNK, shared=4 * CHUNK)
    service.step()
    service.add("other", 8 * CHUNK)
    service.add("follower", 5 * CHUNK, shared=4 * CHUNK)
    for _ in range(2):  # in the first step, the leader is still the first of those that run
        chunks = service.step()
    assert chunks["follower"] > 0
    assert chunks["leader"] == LEAST_TOKENS
    while service.has_work:
        service.step()
    assert service.finished == ["follower", "other", "leader"]
