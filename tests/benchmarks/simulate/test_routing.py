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
    arrival = request("a", 64)

    def chosen_while_its_replica_is_busier() -> int:
        router.outstanding[first] += 1
        chosen = router.choose(arrival)
        router.ended(arrival, chosen)
        router.outstanding[first] -= 1
        return chosen

    first = router.choose(arrival)
    router.ended(arrival, first)
    assert chosen_while_its_replica_is_busier() == first
    for number in range(MACHINE.num_blocks * MACHINE.block_size // 64 + 1):
        other = request(f"other {number}", 64)
        assert router.choose(other) == first
        router.ended(other, first)
    assert chosen_while_its_replica_is_busier() != first
