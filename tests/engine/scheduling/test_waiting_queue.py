"""Tenants share the engine fairly, and with one tenant nothing but urgency counts."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.scheduling.block_pool import BlockPool
from service.engine.scheduling.scheduler import Scheduler
from service.engine.scheduling.step import ChunkOutput


class Service:
    """A scheduler with few places and a runner that takes a millisecond for each token.

    ``started`` holds the request ids in order of their start, ``tokens`` the computed tokens of each tenant.
    """

    def __init__(self, seqs: int = 4) -> None:
        self.scheduler = Scheduler(
            BlockPool(4000, 4, prefix_caching=False),
            max_num_seqs=seqs,
            max_batch_tokens=64,
            prefill_chunk=16,
            max_model_len=1000,
            ageing_seconds=10.0,
        )
        self.started: list[str] = []
        self.tokens: Counter[str] = Counter()
        self._count = 0

    def add(
        self,
        tenant: str,
        *,
        prompt: int = 4,
        max_tokens: int = 4,
        stop: bool = False,
        arrival: float = 0.0,
        priority: int = 0,
    ) -> str:
        """Queue a request. With ``stop`` it ends after its first token, however many it may generate."""
        self._count += 1
        params = SamplingParams(max_tokens=max_tokens, stop_token_ids=(1,) if stop else ())
        self.scheduler.add(
            Request(
                id=f"{tenant}{self._count}",
                prompt=(2,) * prompt,
                params=params,
                tenant=tenant,
                arrival=arrival,
                priority=priority,
            )
        )
        return f"{tenant}{self._count}"

    def step(self) -> list[str]:
        """Compute a step. Returns the tenants of the requests that it finished."""
        step = self.scheduler.schedule()
        for chunk in step.chunks:
            if chunk.sequence.id not in self.started:
                self.started.append(chunk.sequence.id)
            self.tokens[chunk.sequence.request.tenant] += chunk.num_tokens
        outputs = self.scheduler.commit(step, [ChunkOutput(token=1 if c.samples else None) for c in step.chunks])
        self.scheduler.record_step_time(step, step.num_tokens / 1000)
        return [output.request_id[0] for output in outputs if output.finish is not None]

    def drain(self) -> None:
        while self.scheduler.num_running or self.scheduler.num_waiting:
            self.step()


def test_a_light_tenant_is_served_soon_while_a_heavy_one_has_a_hundred_requests_waiting() -> None:
    service = Service()
    for _ in range(100):
        service.add("h")
    for _ in range(10):
        service.step()
    before = len(service.started)
    service.add("l", arrival=1.0)
    service.drain()
    assert service.started[before:].index("l101") <= 1


def test_a_long_wait_counts_against_an_endless_flow_of_new_tenants() -> None:
    service = Service(seqs=1)
    for _ in range(3):
        service.add("h", max_tokens=1)
    service.add("n", max_tokens=1)
    for number in range(600):  # a new tenant before each step, which serves one request
        service.add(f"n{number} ", max_tokens=1, arrival=number * 0.01)
        service.step()
    assert [name for name in service.started if name[0] == "h"] == ["h1", "h2", "h3"]


def test_two_busy_tenants_get_equal_parts_even_if_one_requests_more_than_it_uses() -> None:
    service = Service()
    for tenant in "ab":
        for _ in range(8):
            service.add(tenant, max_tokens=300 if tenant == "a" else 1, stop=True)
    for _ in range(600):
        for tenant in service.step():
            service.add(tenant, max_tokens=300 if tenant == "a" else 1, stop=True)
    assert 0.8 < service.tokens["a"] / service.tokens["b"] < 1.25


def test_a_tenant_is_not_punished_for_using_an_idle_service() -> None:
    service = Service(seqs=1)
    for _ in range(200):
        service.add("h")
    service.drain()
    for _ in range(10):
        service.add("h")
        service.add("l")
    service.drain()
    last = [name[0] for name in service.started[200:]]
    assert all(abs(last[:n].count("h") - last[:n].count("l")) <= 2 for n in range(20))


@settings(max_examples=60)
@given(
    work=st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(1, 40), st.integers(0, 30), st.booleans(), st.integers(0, 3)),
        max_size=30,
    )
)
def test_all_requests_of_a_tenant_start_and_in_order(work: list[tuple[str, int, int, bool, int]]) -> None:
    service = Service(seqs=2)
    names = []
    for number, (tenant, prompt, max_tokens, stop, steps) in enumerate(work):
        names.append(service.add(tenant, prompt=prompt, max_tokens=max_tokens, stop=stop, arrival=float(number)))
        for _ in range(steps):
            service.step()
    service.drain()
    for tenant in "abc":
        mine = [name for name in names if name[0] == tenant]
        assert [name for name in service.started if name[0] == tenant] == mine


@settings(max_examples=60)
@given(work=st.lists(st.tuples(st.integers(-2, 2), st.integers(0, 60)), max_size=20))
def test_with_one_tenant_urgency_decides_the_order(work: list[tuple[int, int]]) -> None:
    service = Service(seqs=1)
    urgency = {}
    for priority, arrival in work:
        name = service.add("t", priority=priority, arrival=float(arrival))
        urgency[name] = (priority * 10.0 + arrival, int(name[1:]))
    service.drain()
    assert service.started == sorted(urgency, key=lambda name: urgency[name])


def test_priority_also_counts_between_tenants() -> None:
    service = Service(seqs=1)
    service.add("a", priority=1)
    service.add("b")
    service.add("c", priority=-1)
    service.drain()
    assert [name[0] for name in service.started] == ["c", "b", "a"]
