"""Which replica each policy chooses."""

from benchmarks.simulate.load import Arrival, Piece
from benchmarks.simulate.machine import DEFAULT, read_machine
from benchmarks.simulate.routing import FEW_STEPS, LeastTokens, PrefixAware, RoundRobin

MACHINE = read_machine(DEFAULT)


def request(name: str, tokens: int = 256, output: int = 10) -> Arrival:
    return Arrival(0.0, (Piece(name, tokens), Piece(f"own of {name}", 8)), Piece("out", output))


def test_round_robin_takes_turns() -> None:
    router = RoundRobin(3, MACHINE)
    assert [router.choose(request("a")) for _ in range(5)] == [0, 1, 2, 0, 1]


def test_the_least_tokens_are_those_that_are_not_done() -> None:
    router = LeastTokens(2, MACHINE)
    long, short = request("a", 1000), request("b", 100)
    assert [router.choose(long), router.choose(short), router.choose(short), router.choose(short)] == [0, 1, 1, 1]
    router.ended(long, 0)
    assert router.choose(short) == 0


def test_a_prefix_goes_where_it_went_before() -> None:
    router = PrefixAware(4, MACHINE)
    assert [router.choose(request(name)) for name in "abcd"] == [0, 1, 2, 3]
    assert [router.choose(request(name)) for name in "cadb"] == [2, 0, 3, 1]
    assert router.choose(request("e", 1000)) == 0  # of those with as little to do
    assert router.choose(request("a")) == 0  # though it has more to do than the others


def test_a_prefix_does_not_overload_its_replica() -> None:
    router = PrefixAware(4, MACHINE)
    for _ in range(80):
        router.choose(request("popular"))
    mean = sum(router.outstanding) / 4
    assert FEW_STEPS * MACHINE.max_batch_tokens < max(router.outstanding) <= 1.5 * (mean + request("popular").size)
    assert sum(tokens > 0 for tokens in router.outstanding) == 3  # 1.5 times the mean: fewer could not have all


def test_a_prefix_that_its_replica_has_lost_attracts_nobody() -> None:
    router = PrefixAware(2, MACHINE)
    most = router._most
    arrival = request("a", 64)
    router.ended(arrival, router.choose(arrival))
    for number in range(2 * most + 2):
        other = request(f"other {number}", 64)
        router.ended(other, router.choose(other))
    assert all(len(sent) <= most for sent in router._sent)
    assert router._length(0, [hash((0, arrival.prompt_ids()[:64]))]) == 0
