"""Which windows go into a batch together."""

from service.reader.messages import Read, Window
from service.reader.queue import Queue


def read(id: str, *lengths: int, priority: int = 0) -> Read:
    return Read(id, [Window((1,) * length, (0,) * length) for length in lengths], priority)


def taken(queue: Queue) -> list[tuple[str, int]]:
    return [(each.request, each.index) for each in queue.take()]


def test_the_first_comes_first_and_windows_of_its_length_with_it() -> None:
    queue = Queue(max_tokens=30)
    queue.add(read("a", 10, 20))
    queue.add(read("b", 11, 9))
    assert taken(queue) == [("a", 0), ("b", 0)]  # with 11 tokens each, three would be 33 with their padding
    assert taken(queue) == [("a", 1)]
    assert taken(queue) == [("b", 1)]
    assert taken(queue) == []


def test_padding_counts() -> None:
    queue = Queue(max_tokens=40)
    queue.add(read("a", 10, 10, 10, 10, 1))
    assert taken(queue) == [("a", 0), ("a", 1), ("a", 2), ("a", 3)]


def test_a_window_larger_than_a_batch_has_one_of_its_own() -> None:
    queue = Queue(max_tokens=5)
    queue.add(read("a", 10, 2))
    assert taken(queue) == [("a", 0)]
    assert taken(queue) == [("a", 1)]


def test_a_lower_priority_is_served_earlier() -> None:
    queue = Queue(max_tokens=20)
    queue.add(read("a", 10, 10, priority=1))
    queue.add(read("b", 5))
    assert taken(queue) == [("b", 0), ("a", 0)]


def test_what_is_given_up_is_not_computed() -> None:
    queue = Queue(max_tokens=100)
    queue.add(read("a", 10, 10))
    queue.add(read("b", 10))
    queue.abort({"a", "never heard of"})
    assert taken(queue) == [("b", 0)]
    assert len(queue) == 0


def test_windows_are_served_in_the_end_whatever_comes_later() -> None:
    queue = Queue(max_tokens=20)
    queue.add(read("long", 20))
    queue.add(read("short", 1))
    for number in range(3):
        queue.add(read(f"long-{number}", 20))
    assert taken(queue) == [("long", 0)]
    assert ("short", 0) in taken(queue)
