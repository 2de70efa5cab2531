"""The candidates of one source segment, and the choice between them."""

from collections.abc import Sequence

from service.tasks.text.languages import Language
from service.tasks.translation.candidate import TranslationCandidate
from service.tasks.translation.language.detection import Detect
from service.tasks.translation.quality.flags import Flag


class SegmentCandidates:
    """The first candidate, its branches if the order asks for them, and the samples of the retry if there is one.

    The best has the least severe flags and, among several such, is the likeliest.
    """

    def __init__(self, first: TranslationCandidate) -> None:
        self.first = first
        self.is_branched = False
        self.is_retried = False
        self._judged: list[TranslationCandidate] = []
        self._decoding = [first]

    @property
    def is_complete(self) -> bool:
        """Whether all candidates so far are decoded to their end."""
        return all(candidate.finish is not None for candidate in self._decoding)

    def branch_into(self, candidates: Sequence[TranslationCandidate]) -> None:
        """Add the branches of the first candidate, which are yet to be decoded to their ends."""
        self._decoding = list(candidates)
        self.is_branched = True

    def retry_with(self, candidates: Sequence[TranslationCandidate]) -> None:
        """Add the candidates of the retry, which are yet to be decoded."""
        self._decoding = list(candidates)
        self.is_retried = True

    def choose(self, target: Language, detect: Detect) -> TranslationCandidate:
        """The best candidate so far. Call it each time when the candidates have become complete."""
        for candidate in self._decoding:
            candidate.judge(target, detect)
            if self.is_retried:
                candidate.flags += (Flag.RETRIED,)
        self._judged += self._decoding
        return self.best

    @property
    def best(self) -> TranslationCandidate:
        """The best of those that are judged."""
        return max(self._judged, key=lambda candidate: candidate.rank)
