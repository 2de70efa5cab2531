"""The store of responses: its bounds, its owners, its chains."""

from hypothesis import given
from hypothesis import strategies as st

from service.api.openai.responses.store import ResponseStore, StoredResponse


def response(id: str, previous: str | None = None, *, size: int = 10, items: tuple[str, ...] = ()) -> StoredResponse:
    return StoredResponse(id=id, previous_id=previous, body=b"x" * size, input=b"[]", item_ids=items)


EMPTY = response("x").size - 10

_ADDED = st.tuples(st.just("add"), st.sampled_from("abc"), st.integers(0, 2 * EMPTY), st.booleans())
_USED = st.tuples(st.sampled_from(["get", "delete"]), st.sampled_from("abc"), st.integers(0, 20), st.just(False))


@given(
    most=st.integers(0, 5),
    most_bytes=st.integers(1, 8 * EMPTY),
    steps=st.lists(_ADDED | _USED, max_size=60),
)
def test_it_never_holds_more_and_shows_each_owner_only_its_own(
    most: int, most_bytes: int, steps: list[tuple[str, str, int, bool]]
) -> None:
    store = ResponseStore(most=most, most_bytes=most_bytes)
    added: list[tuple[str, StoredResponse]] = []
    deleted = set()
    for number, (step, owner, value, continues) in enumerate(steps):
        if step == "add":
            previous = added[-1][1].id if continues and added else None
            new = response(str(number), previous, size=value, items=(f"item-{number}",))
            store.add(owner, new)
            added.append((owner, new))
            if {each for each, _ in added} == {owner}:  # nobody else takes more
                assert (store.get(owner, new.id) is new) == (most > 0 and new.size <= most_bytes)
        elif step == "get":
            store.get(owner, str(value))
        elif store.delete(owner, str(value)):
            deleted.add(str(value))
        kept = [(owner, each) for owner, each in added if store.get(owner, each.id) is each]
        assert len(kept) == len(store) <= most
        assert sum(each.size for _, each in kept) == store.size <= most_bytes
        for owner, each in added:
            is_kept = (owner, each) in kept
            assert not is_kept or each.id not in deleted
            assert store.get_with_item(owner, each.item_ids[0]) is (each if is_kept else None)
            chain = store.chain(owner, each.id)
            assert chain is None or (is_kept and chain[-1] is each and chain[0].previous_id is None)
            for other in set("abc") - {owner}:
                assert store.get(other, each.id) is store.chain(other, each.id) is None
                assert store.get_with_item(other, each.item_ids[0]) is None
                assert not store.delete(other, each.id)


def test_the_least_recently_used_is_forgotten_first() -> None:
    store = ResponseStore(most=2, most_bytes=1 << 20)
    for id in ("1", "2"):
        store.add("a", response(id))
    assert store.get("a", "1")
    store.add("a", response("3"))
    assert [id for id in "123" if store.get("a", id)] == ["1", "3"]


def test_a_chain_that_is_continued_stays_together() -> None:
    store = ResponseStore(most=3, most_bytes=1 << 20)
    store.add("a", response("1"))
    store.add("a", response("2", "1"))
    store.add("a", response("other"))
    assert store.chain("a", "2") is not None
    store.add("a", response("3", "2"))
    chain = store.chain("a", "3")
    assert chain is not None
    assert [each.id for each in chain] == ["1", "2", "3"]
    assert store.get("a", "other") is None
    assert store.delete("a", "1")
    assert store.chain("a", "3") is None


def test_an_owner_cannot_push_out_others() -> None:
    for bounds in ({"most": 10, "most_bytes": 1 << 20}, {"most": 1000, "most_bytes": 10 * response("x").size}):
        store = ResponseStore(**bounds)
        store.add("quiet", response("first"))
        for number in range(100):
            store.add("loud", response(str(number)))
        assert store.get("quiet", "first")
        assert len(store) == 10


def test_an_item_of_several_responses_belongs_to_the_first() -> None:
    store = ResponseStore(most=10, most_bytes=1 << 20)
    first, second = response("1", items=("i",)), response("2", items=("i",))
    store.add("a", first)
    store.add("a", second)
    assert store.get_with_item("a", "i") is first
    store.delete("a", "2")
    assert store.get_with_item("a", "i") is first


def test_a_response_larger_than_the_store_pushes_nothing_out() -> None:
    store = ResponseStore(most=10, most_bytes=5 * EMPTY)
    store.add("a", response("1"))
    store.add("a", response("2", size=5 * EMPTY))
    assert store.get("a", "1")
    assert store.get("a", "2") is None
