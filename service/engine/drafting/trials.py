"""When the draft model guesses although that does not seem to pay: to learn what its guesses are worth."""

_FIRST_PASSES = 6  # steps with trials, until measured numbers are trusted
_FIRST_SEQUENCES = 4  # of a step at most, in the first trials
_STEPS_TO_TRIAL = 256  # without guesses of the draft model, until one more trial
_MOST_STEPS_TO_TRIAL = 4096  # after trials in vain


class Trials:
    """Counts steps without guesses of the draft model. A trial in vain doubles the number until the next one."""

    depth = 3
    """Guesses of a sequence in a trial."""

    def __init__(self) -> None:
        self._num_first = _FIRST_PASSES
        self._interval = _STEPS_TO_TRIAL
        self._num_declined = 0

    @property
    def is_first(self) -> bool:
        """Whether nothing is known yet, so that there should be a trial in any case."""
        return self._num_first > 0

    def num_sequences(self) -> int:
        """How many sequences have a trial in this step, in which guesses do not seem to pay."""
        if self._num_first:
            self._num_first -= 1
            return _FIRST_SEQUENCES
        self._num_declined += 1
        if self._num_declined < self._interval:
            return 0
        self._num_declined = 0
        self._interval = min(2 * self._interval, _MOST_STEPS_TO_TRIAL)
        return 1

    def succeeded(self) -> None:
        """Guesses seem to pay, so that no trial is needed."""
        self._num_declined = 0
        self._interval = _STEPS_TO_TRIAL
