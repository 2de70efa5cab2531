"""Prompts go where their beginning is cached, unless that replica has too much to do."""

from hypothesis import given
from hypothesis import strategies as st

from trivium_ray.ranking import ranked

loads = st.dictionaries(st.sampled_from("abcde"), st.integers(0, 40), min_size=1)


@given(loads=loads, data=st.data(), imbalance=st.integers(0, 10))
def test_the_first_rank_has_the_longest_match_of_those_that_are_not_too_busy(
    loads: dict[str, int], data: st.DataObject, imbalance: int
) -> None:
    matches = {replica: data.draw(st.integers(0, 5)) for replica in loads}
    ranks = ranked(loads, matches, imbalance=imbalance)
    assert sorted(replica for rank in ranks for replica in rank) == sorted(loads)
    [[best], *others] = ranks
    allowed = {replica for replica in loads if loads[replica] <= min(loads.values()) + imbalance}
    assert best in allowed
    assert matches[best] == max(matches[replica] for replica in allowed)
    assert [loads[replica] for (replica,) in others] == sorted(loads[replica] for (replica,) in others)
