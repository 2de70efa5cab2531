"""What holds in every simulation: all requests end, tokens and blocks are conserved, and chance has one seed."""

from dataclasses import replace

import pytest

from benchmarks.simulate.load import Arrival, Piece
from benchmarks.simulate.machine import DEFAULT, Machine, read_machine
from benchmarks.simulate.replica import Served
from benchmarks.simulate.routing import POLICIES
from benchmarks.simulate.sessions import Sessions, make_load
from benchmarks.simulate.simulation import Summary, simulate, summarize
from service.errors import RequestTooLarge

MACHINE = read_machine(DEFAULT)
SMALL = replace(MACHINE, num_blocks=100, max_model_len=1600)  # so few blocks that sequences are preempted
LOAD = make_load(Sessions(rate=2.0, requests=60, context=1500, seed=3))


def run(policy: str, count: int, load: list[Arrival], machine: Machine = MACHINE) -> tuple[list[Served], Summary]:
    served, replicas = simulate(machine, load, POLICIES[policy](count, machine), count)
    for replica in replicas:
        assert replica.is_idle
        assert replica.pool.num_used == 0
    return served, summarize(policy, served, replicas, price_per_hour=2.0)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(("count", "machine"), [(1, MACHINE), (3, MACHINE), (2, SMALL)])
def test_every_request_ends_with_all_of_its_tokens(policy: str, count: int, machine: Machine) -> None:
    served, summary = run(policy, count, LOAD, machine)
    assert [each.arrival for each in served] == LOAD
    for each in served:
        assert each.tokens == each.arrival.output.tokens == len(each.gaps) + 1
        assert each.arrival.time < each.first <= each.last
        assert 0 <= each.cached < each.arrival.prompt_tokens
    assert {each.replica for each in served} == set(range(count))
    assert summary.output_tokens == sum(each.output.tokens for each in LOAD)
    assert 0 < summary.busy_share <= 1


@pytest.mark.parametrize("policy", POLICIES)
def test_engines_compute_each_token_that_is_not_cached_once(policy: str) -> None:
    served, summary = run(policy, 2, LOAD)
    # The last token of an output is sampled and not computed.
    assert summary.computed_tokens == sum(each.arrival.size - each.cached - 1 for each in served)


def test_preempted_sequences_are_computed_again() -> None:
    served, summary = run("round-robin", 1, LOAD, SMALL)
    assert summary.computed_tokens > sum(each.arrival.size - each.cached - 1 for each in served)


def test_one_replica_is_the_same_for_all_policies() -> None:
    summaries = [replace(run(policy, 1, LOAD)[1], policy="") for policy in POLICIES]
    assert summaries[0] == summaries[1] == summaries[2]


def test_a_simulation_is_the_same_each_time_and_another_seed_is_another_load() -> None:
    assert run("prefix-aware", 3, LOAD)[1] == run("prefix-aware", 3, LOAD)[1]
    again, other = (make_load(Sessions(rate=2.0, requests=60, context=1500, seed=seed)) for seed in (3, 4))
    assert again == LOAD
    assert other != LOAD


def test_equal_beginnings_are_cached_and_others_are_not() -> None:
    shared = Piece("shared", 640)
    load = [Arrival(9.0 * n, (shared, Piece(f"own-{n}", 64)), Piece(f"out-{n}", 4)) for n in range(4)]
    served, summary = run("round-robin", 1, load)
    assert [each.cached for each in served] == [0, 640, 640, 640]
    assert summary.cached_share == pytest.approx(3 * 640 / (4 * 704))


def test_a_conversation_finds_its_own_earlier_output() -> None:
    first = (Piece("user-0", 100), Piece("answer-0", 60))
    load = [Arrival(0.0, first[:1], first[1]), Arrival(60.0, (*first, Piece("user-1", 40)), Piece("answer-1", 8))]
    served, _ = run("least-tokens", 1, load)
    assert served[1].cached == 144  # 9 whole blocks of the 159 tokens that the first turn has computed


def test_a_lone_request_takes_what_the_machine_says() -> None:
    prompt, output = 100, 5
    served, summary = run("round-robin", 1, [Arrival(1.0, (Piece("a", prompt),), Piece("b", output))])
    cost = MACHINE.seconds
    first = cost.base + prompt * cost.per_token + prompt * prompt / 2 * cost.per_pair
    later = [cost.base + cost.per_decode + cost.per_context * (prompt + n) for n in range(output - 1)]
    assert served[0].first - 1.0 == pytest.approx(first)
    assert served[0].gaps == pytest.approx(later)
    assert summary.seconds == pytest.approx(first + sum(later))
    assert summary.busy_share == pytest.approx(1.0)
    assert summary.cost == pytest.approx(2.0 * summary.seconds / 3600 / (output / 1e6))


def test_a_request_that_never_fits_is_an_error() -> None:
    with pytest.raises(RequestTooLarge):
        run("round-robin", 1, [Arrival(0.0, (Piece("a", 2000),), Piece("b", 1))], SMALL)
