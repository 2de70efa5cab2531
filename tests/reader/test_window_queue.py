"""Which windows go into a batch together."""

from service.reader.messages import EncodedWindow, ReadRequest
from service.reader.window_queue import WindowQueue


def read(id: str, *lengths: int, priority: int = 0, tenant: str = "") -> ReadRequest:
    windows = [EncodedWindow((1,) * length, (0,) * length) for length in lengths]
    return ReadRequest(id, windows, priority, tenant=tenant)


def taken(queue: WindowQueue) -> list[tuple[str, int]]:
    return [(each.request_id, each.index) for each in queue.pop_batch()]


def test_the_first_comes_first_and_windows_of_its_length_with_it() -> None:
    queue = WindowQueue(max_tokens=30)
    queue.add(read("a", 10, 20))
    queue.add(read("b", 11, 9))
    assert taken(queue) == [("a", 0), ("b", 0)]  # with 11 tokens each, three would be 33 with their padding
    assert taken(queue) == [("a", 1)]
    assert taken(queue) == [("b", 1)]
    assert taken(queue) == []


def test_padding_counts() -> None:
    queue = WindowQueue(max_tokens=40)
    queue.add(read("a", 10, 10, 10, 10, 1))
    assert taken(queue) == [("a", 0), ("a", 1), ("a", 2), ("a", 3)]


def test_a_window_larger_than_a_batch_has_one_of_its_own() -> None:
    queue = WindowQueue(max_tokens=5)
    queue.add(read("a", 10, 2))
    assert taken(queue) == [("a", 0)]
    assert taken(queue) == [("a", 1)]


def test_a_lower_priority_is_served_earlier() -> None:
    queue = WindowQueue(max_tokens=20)
    queue.add(read("a", 10, 10, priority=1))
    queue.add(read("b", 5))
    assert taken(queue) == [("b", 0), ("a", 0)]


def test_what_is_given_up_is_not_computed() -> None:
    queue = WindowQueue(max_tokens=100)
    queue.add(read("a", 10, 10))
    queue.add(read("b", 10))
    queue.abort({"a", "never heard of"})
    assert taken(queue) == [("b", 0)]
    assert len(queue) == 0


def test_windows_are_served_in_the_end_whatever_comes_later() -> None:
    queue = WindowQueue(max_tokens=20)
    queue.add(read("long", 20))
    queue.add(read("short", 1))
    for number in range(3):
        queue.add(read(f"long-{number}", 20))
    assert taken(queue) == [("long", 0)]
    assert ("short", 0) in taken(queue)


def test_a_tenant_with_many_windows_does_not_make_another_wait_for_all() -> None:
    queue = WindowQueue(max_tokens=10)
    for number in range(5):
        queue.add(read(f"heavy-{number}", 10, 10, tenant="heavy"))
    assert taken(queue) == [("heavy-0", 0)]
    queue.add(read("light", 10, 10, tenant="light"))
    assert [taken(queue)[0][0] for _ in range(4)] == ["light", "heavy-0", "light", "heavy-1"]
    assert [taken(queue)[0][0] for _ in range(7)] == ["heavy-1", *(f"heavy-{n}" for n in (2, 2, 3, 3, 4, 4))]


def test_endless_short_requests_of_others_starve_nobody() -> None:
    queue = WindowQueue(max_tokens=10)
    queue.add(read("heavy", 10, 10, tenant="heavy"))
    served: list[tuple[str, int]] = []
    for number in range(30):  # whenever one of them is served, the next one is there
        queue.add(read(f"{number}", 1, tenant=f"{number % 2}"))
        served += taken(queue)
    assert ("heavy", 1) in served


def test_who_gives_up_has_used_up_nothing() -> None:
    queue = WindowQueue(max_tokens=10)
    queue.add(read("gone", *[10] * 50, tenant="a"))
    queue.abort({"gone"})
    queue.add(read("b", 10, 10, tenant="b"))
    queue.add(read("a", 10, tenant="a"))
    assert [taken(queue)[0][0] for _ in range(3)] == ["b", "a", "b"]
