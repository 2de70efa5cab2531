"""The inputs of each batch, and their order."""

from service.encoder.input_queue import InputQueue
from service.encoder.messages import EncodeRequest, EncoderInput


def request(
    id: str, *lengths: int, priority: int = 0, tenant: str = "", done: frozenset[int] = frozenset()
) -> EncodeRequest:
    inputs = [EncoderInput((1,) * length, (0,) * length) for length in lengths]
    return EncodeRequest(id, inputs, priority, tenant, done)


def batch(queue: InputQueue) -> list[tuple[str, int]]:
    """The next batch, as request ids and input indices."""
    return [(each.request_id, each.index) for each in queue.pop_batch()]


def test_the_first_input_is_served_with_inputs_of_its_length() -> None:
    queue = InputQueue(max_tokens=30)
    queue.add(request("a", 10, 20))
    queue.add(request("b", 11, 9))
    assert batch(queue) == [("a", 0), ("b", 0)]  # with 11 tokens each, three would be 33 with their padding
    assert batch(queue) == [("a", 1)]
    assert batch(queue) == [("b", 1)]
    assert batch(queue) == []


def test_padding_counts() -> None:
    queue = InputQueue(max_tokens=40)
    queue.add(request("a", 10, 10, 10, 10, 1))
    assert batch(queue) == [("a", 0), ("a", 1), ("a", 2), ("a", 3)]


def test_inputs_that_are_scored_already_do_not_wait() -> None:
    queue = InputQueue(max_tokens=40)
    queue.add(request("a", 10, 10, 10, done=frozenset({0, 2})))
    assert batch(queue) == [("a", 1)]
    assert not queue


def test_a_input_larger_than_a_batch_has_a_batch_of_its_own() -> None:
    queue = InputQueue(max_tokens=5)
    queue.add(request("a", 10, 2))
    assert batch(queue) == [("a", 0)]
    assert batch(queue) == [("a", 1)]


def test_a_lower_priority_is_served_earlier() -> None:
    queue = InputQueue(max_tokens=20)
    queue.add(request("a", 10, 10, priority=1))
    queue.add(request("b", 5))
    assert batch(queue) == [("b", 0), ("a", 0)]


def test_aborted_inputs_are_dropped() -> None:
    queue = InputQueue(max_tokens=100)
    queue.add(request("a", 10, 10))
    queue.add(request("b", 10))
    queue.abort({"a", "unknown"})
    assert batch(queue) == [("b", 0)]
    assert len(queue) == 0


def test_every_input_is_served_in_the_end() -> None:
    queue = InputQueue(max_tokens=20)
    queue.add(request("long", 20))
    queue.add(request("short", 1))
    for number in range(3):
        queue.add(request(f"long-{number}", 20))
    assert batch(queue) == [("long", 0)]
    assert ("short", 0) in batch(queue)


def test_a_tenant_with_many_inputs_does_not_make_another_wait_for_all() -> None:
    queue = InputQueue(max_tokens=10)
    for number in range(5):
        queue.add(request(f"heavy-{number}", 10, 10, tenant="heavy"))
    assert batch(queue) == [("heavy-0", 0)]
    queue.add(request("light", 10, 10, tenant="light"))
    assert [batch(queue)[0][0] for _ in range(4)] == ["light", "heavy-0", "light", "heavy-1"]
    assert [batch(queue)[0][0] for _ in range(7)] == ["heavy-1", *(f"heavy-{n}" for n in (2, 2, 3, 3, 4, 4))]


def test_endless_short_requests_of_other_tenants_starve_no_tenant() -> None:
    queue = InputQueue(max_tokens=10)
    queue.add(request("heavy", 10, 10, tenant="heavy"))
    served: list[tuple[str, int]] = []
    for number in range(30):  # the next request is there before the last one is served
        queue.add(request(f"{number}", 1, tenant=f"{number % 2}"))
        served += batch(queue)
    assert ("heavy", 1) in served


def test_an_abort_gives_the_tenant_its_turns_back() -> None:
    queue = InputQueue(max_tokens=10)
    queue.add(request("gone", *[10] * 50, tenant="a"))
    queue.abort({"gone"})
    queue.add(request("b", 10, 10, tenant="b"))
    queue.add(request("a", 10, tenant="a"))
    assert [batch(queue)[0][0] for _ in range(3)] == ["b", "a", "b"]
