"""Whoever ends the process is found, whatever else is being computed with it, and nobody else pays."""

from hypothesis import given
from hypothesis import strategies as st

from service.processes.in_flight import Ledger


@given(
    names=st.lists(st.integers(0, 30), unique=True, min_size=1, max_size=20),
    poison=st.sets(st.integers(0, 30), max_size=4),
    places=st.integers(1, 8),
    choice=st.randoms(use_true_random=False),
)
def test_the_guilty_fail_and_all_others_finish(names, poison, places, choice) -> None:  # type: ignore[no-untyped-def]
    """Every step computes some of those that were sent; one of whom the process dies is never heard of."""
    ledger: Ledger[int] = Ledger()
    for name in names:
        ledger.add(str(name), name)
    left = {name: choice.randint(1, 3) for name in names}  # outputs until each is done
    guilty: list[int] = []
    sent: list[int] = []
    deaths = 0
    while ledger:
        sent += ledger.due()
        assert sent, "somebody is owed, and nobody is computed"
        step = choice.sample(sent, min(places, len(sent)))
        if poison.intersection(step):
            burial = ledger.bury([str(name) for name in step])
            assert not burial.guilty or burial.hope
            guilty += burial.guilty
            sent.clear()
            deaths += 1
            assert deaths <= 3 * len(poison) + 3, "it dies without end"
            continue
        for name in step:
            entry = ledger.get(str(name))
            assert entry is not None
            if not entry.gained:
                ledger.gain(entry)
            left[name] -= 1
            if not left[name]:
                assert ledger.remove(str(name))
                sent.remove(name)
    assert set(guilty) == poison.intersection(names)
    assert len(guilty) == len(set(guilty))


def test_news_clears_and_one_death_is_no_proof() -> None:
    ledger: Ledger[str] = Ledger()
    ledger.add("a", "A")
    for _ in range(5):
        assert ledger.due() == ["A"]
        entry = ledger.get("a")
        assert entry is not None
        ledger.gain(entry)
        assert ledger.bury(["a"]).guilty == []  # it gets on in every life, so it may go on
    assert ledger.due() == ["A"]
    assert ledger.bury(["a"]).guilty == ["A"]
    assert not ledger


def test_who_was_sent_is_blamed_for_a_death_without_a_record() -> None:
    ledger: Ledger[str] = Ledger()
    ledger.add("a", "A")
    ledger.due()
    ledger.add("later", "L")  # not sent: it has nothing to do with it
    assert ledger.bury([]).guilty == []
    assert ledger.due() == ["A", "L"]
    assert ledger.bury([]).guilty == []  # two were sent
    assert ledger.due() == ["A"]  # charged twice, so it is tried alone
    assert ledger.bury(["a"]).guilty == ["A"]
    assert ledger.clear() == ["L"]
