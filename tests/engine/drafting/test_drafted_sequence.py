"""What the draft model has computed of a sequence, and of blocks that sequences share."""

from array import array

from service.engine.drafting.block_contents import BlockContents
from service.engine.drafting.drafted_sequence import DraftedSequence
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.scheduling.sequence import Sequence

PARAMS = SamplingParams(max_tokens=20, logprobs=3)


def make(tokens: list[int], blocks: list[int], contents: BlockContents | None = None) -> DraftedSequence:
    sequence = Sequence(Request(id="a", prompt=tuple(tokens), params=PARAMS), adapter=3)
    sequence.block_table = array("q", blocks)
    drafted = DraftedSequence(sequence, contents or BlockContents(), block_size=2)
    drafted.follow()
    return drafted


def compute(drafted: DraftedSequence, *guesses: int) -> None:
    """Let the draft model compute all that it lacks, and give these guesses one after another."""
    for guess in guesses:
        chunk = drafted.chunk(100)
        assert chunk is not None
        drafted.computed(chunk, guess)


def test_the_twin_has_no_adapter_and_no_log_probabilities() -> None:
    drafted = make([1, 2], [0])
    assert (drafted.twin.adapter, drafted.twin.params.logprobs) == (0, None)
    assert drafted.twin.params.max_tokens == 20


def test_right_guesses_stay_computed_and_wrong_ones_are_dropped() -> None:
    drafted = make([1, 2, 3], [0, 1, 2, 3, 4])
    compute(drafted, 4, 5, 6)
    assert drafted.guesses == (4, 5, 6)
    assert drafted.num_lacking == 1  # the last guess
    drafted.sequence.tokens += [4, 5, 9]
    drafted.follow()
    assert drafted.guesses == ()
    assert drafted.twin.tokens == [1, 2, 3, 4, 5, 9]
    assert drafted.num_lacking == 1
    compute(drafted, 7, 8)
    drafted.sequence.tokens.append(1)  # the first guess was wrong
    drafted.follow()
    assert drafted.num_lacking == 1
    compute(drafted, 7)
    drafted.sequence.tokens += [7, 8]  # all guesses were right: the last one was not computed
    drafted.follow()
    assert drafted.num_lacking == 2


def test_the_last_token_is_computed_again_if_the_sequence_has_not_moved() -> None:
    drafted = make([1, 2, 3, 4], [0, 1, 2])
    compute(drafted, 5, 6)
    drafted.follow()
    assert drafted.num_lacking == 1
    compute(drafted, 5)
    drafted.sequence.tokens.append(5)
    drafted.follow()
    assert drafted.num_lacking == 1


def test_chunks_end_where_blocks_or_the_limit_end() -> None:
    drafted = make([1, 2, 3, 4, 5], [0, 1])
    chunk = drafted.chunk(3)
    assert chunk is not None
    assert (chunk.start, chunk.num_tokens, chunk.samples) == (0, 3, False)
    drafted.computed(chunk, None)
    chunk = drafted.chunk(3)
    assert chunk is not None
    assert (chunk.start, chunk.num_tokens) == (3, 1)
    drafted.computed(chunk, None)
    assert drafted.chunk(3) is None


def test_a_sequence_finds_the_blocks_that_another_one_has_computed() -> None:
    contents = BlockContents()
    compute(make([1, 2, 3, 4, 5], [7, 8, 9], contents), 6)
    assert make([1, 2, 3, 4, 9, 9], [7, 8, 3], contents).num_lacking == 2
    assert make([1, 2, 3, 4], [7, 8], contents).num_lacking == 2  # the last token is always computed
    assert make([1, 9, 3, 4, 5], [7, 8, 9], contents).num_lacking == 5
    assert make([1, 2, 3, 4, 5], [1, 8, 9], contents).num_lacking == 5  # block 8 is right, and block 1 before it is not
    compute(make([9, 9, 9], [8, 4], contents), 1)  # the draft model writes other tokens into block 8
    assert make([1, 2, 3, 4, 5], [7, 8, 9], contents).num_lacking == 3


def test_blocks_with_guesses_are_found_only_once_the_guesses_are_right() -> None:
    contents = BlockContents()
    drafted = make([1, 2, 3], [0, 1, 2], contents)
    compute(drafted, 4, 5)
    assert make([1, 2, 3, 4, 5], [0, 1, 2], contents).num_lacking == 3
    drafted.sequence.tokens += [4, 5]
    drafted.follow()
    assert make([1, 2, 3, 4, 5], [0, 1, 2], contents).num_lacking == 1


def test_after_a_preemption_the_new_blocks_count() -> None:
    drafted = make([1, 2, 3, 4, 5], [0, 1, 2])
    compute(drafted, 6)
    drafted.sequence.block_table = array("q", [0, 5, 6])
    drafted.follow()
    assert drafted.guesses == ()
    assert drafted.num_lacking == 3
