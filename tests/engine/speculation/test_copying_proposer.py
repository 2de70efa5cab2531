"""A proposer copies from the prompt, from the output and from a prediction, at the right places."""

import random

from hypothesis import given
from hypothesis import strategies as st

from service.engine.speculation.copying_proposer import CopyingProposer
from service.engine.speculation.ngram_index import MOST_MATCHED, NgramIndex
from service.engine.speculation.proposal import Proposal


def test_what_followed_the_last_tokens_is_proposed() -> None:
    proposal = CopyingProposer().propose([1, 2, 3, 4, 5, 6, 9, 1, 2, 3], 2)
    assert proposal == Proposal((4, 5), match_length=3)


def test_nothing_is_proposed_where_nothing_repeats() -> None:
    proposer = CopyingProposer()
    tokens = [1, 2]
    for token in range(3, 20):
        assert proposer.propose(tokens, 4) is None
        tokens.append(token)


def test_where_nothing_longer_repeats_a_single_token_is_a_match() -> None:
    assert CopyingProposer().propose([1, 2, 3, 9, 2], 2) == Proposal((3, 9), match_length=1)
    assert CopyingProposer().propose([1, 2, 3, 9, 2, 3, 8, 3], 1) == Proposal((8,), match_length=1)
    assert CopyingProposer().propose([1, 2, 3, 9, 5, 3, 8, 2, 3], 1) == Proposal((9,), match_length=2)


def test_a_prediction_is_not_found_by_a_single_token() -> None:
    proposer = CopyingProposer([1, 2, 3, 4])
    assert proposer.propose([8, 9], 1) is not None
    assert proposer.propose([8, 9, 2, 3], 1) is None


def test_the_longest_match_is_copied_from() -> None:
    tokens = [7, 1, 2, 3, 10, 8, 1, 2, 3, 11, 9, 1, 2, 3, 12, 8, 1, 2, 3]
    proposal = CopyingProposer().propose(tokens, 1)
    assert proposal == Proposal((11,), match_length=4)


def test_what_repeats_is_continued_beyond_the_end() -> None:
    assert CopyingProposer().propose([5, 1, 2, 1, 2, 1, 2], 5) == Proposal((1, 2, 1, 2, 1), match_length=4)


def test_a_copy_goes_on_while_it_is_right_and_its_match_grows() -> None:
    source = random.Random(0).sample(range(1000), 50)
    tokens = [*source, *source[:3]]
    proposer = CopyingProposer()
    for count in range(3, 40):
        proposal = proposer.propose(tokens, 4)
        assert proposal == Proposal(tuple(source[count : count + 4]), match_length=min(count, MOST_MATCHED))
        tokens.append(source[count])


def test_after_an_edit_the_copy_goes_on_behind_it() -> None:
    """Both places match equally: the one behind the edit is taken, not the later one."""
    tokens = [1, 2, 3, 4, 20, 5, 6, 7, 8, 9, 30, 5, 6, 7, 40, 0]
    tokens += [1, 2, 3]
    proposer = CopyingProposer()
    assert proposer.propose(tokens, 1) == Proposal((4,), 3)
    tokens += [4, 21]
    assert proposer.propose(tokens, 1) is None
    tokens += [5, 6, 7]
    assert proposer.propose(tokens, 1) == Proposal((8,), 3)


def test_a_prediction_is_proposed_from_its_beginning_and_found_again() -> None:
    prediction = list(range(100, 120))
    proposer = CopyingProposer(prediction)
    tokens = [1, 2, 3]
    assert proposer.propose(tokens, 3) == Proposal((100, 101, 102), 0, is_prediction=True)
    tokens += [100, 101]
    assert proposer.propose(tokens, 2) == Proposal((102, 103), 2, is_prediction=True)
    tokens += [7]  # the output differs
    assert proposer.propose(tokens, 2) is None
    tokens += [105, 106, 107]
    assert proposer.propose(tokens, 2) == Proposal((108, 109), 3, is_prediction=True)
    tokens += list(range(108, 120))
    assert proposer.propose(tokens, 2) is None  # the prediction is at its end


@given(
    tokens=st.lists(st.integers(0, 2), min_size=1, max_size=60),
    parts=st.lists(st.integers(1, 5), max_size=30),
    limit=st.integers(0, 6),
)
def test_a_proposal_continues_an_earlier_occurrence(tokens: list[int], parts: list[int], limit: int) -> None:
    """However many tokens come between two calls."""
    proposer = CopyingProposer()
    ends = {min(len(tokens), sum(parts[:count])) for count in range(1, len(parts) + 1)}
    for end in sorted(ends):
        seen = tokens[:end]
        proposal = proposer.propose(seen, limit)
        if proposal is None:
            continue
        assert 0 < len(proposal.tokens) <= limit
        assert proposal.match_length >= 1
        tail = seen[-proposal.match_length :]
        places = [n for n in range(len(tail), end) if seen[n - len(tail) : n] == tail]
        assert any(_continues(seen, place, proposal.tokens) for place in places)


def _continues(tokens: list[int], place: int, proposed: tuple[int, ...]) -> bool:
    text = [*tokens, *proposed]
    return all(text[place + number] == token for number, token in enumerate(proposed))


@given(st.lists(st.integers(0, 1), min_size=3, max_size=40), st.integers(0, 10), st.integers(1, 3))
def test_the_index_knows_the_latest_place_that_it_holds(tokens: list[int], first: int, size: int) -> None:
    index = NgramIndex(tokens, size, first)
    index.extend(len(tokens) - 1)
    place, length = index.find(tokens, near=-1)
    tail = tokens[-size:]
    places = [n for n in range(first + size, len(tokens)) if tokens[n - size : n] == tail]
    assert (place >= 0) == bool(places)
    if places:
        assert place in places
        assert tokens[place - length : place] == tokens[len(tokens) - length :]
