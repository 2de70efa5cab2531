"""The candidates of one source segment, and the choice between them."""

from collections.abc import Sequence

from service.tasks.text.languages import Language
from service.tasks.translation.candidate import TranslationCandidate
from service.tasks.translation.language.detection import Detect
from service.tasks.translation.quality.flags import Flag
from service.tasks.translation.quality.similarity import mean_similarities


class SegmentCandidates:
    """The first candidate, samples beside it if the order asks for them, and those of the retry if there is one.

    The best has the least severe flags. Among several such, it is the one that is most like all candidates: the safest
    choice (minimum Bayes risk: Kumar and Byrne, 2004; for neural translation Eikema and Aziz, 2022).
    """

    def __init__(self, first: TranslationCandidate, samples: Sequence[TranslationCandidate]) -> None:
        self.is_retried = False
        self._judged: list[TranslationCandidate] = []
        self._decoding = [first, *samples]

    @property
    def is_complete(self) -> bool:
        """Whether all candidates so far are decoded to their end."""
        return all(candidate.finish is not None for candidate in self._decoding)

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
        similarities = mean_similarities([candidate.written for candidate in self._judged])
        for candidate, similarity in zip(self._judged, similarities, strict=True):
            candidate.similarity = similarity
        return max(self._judged, key=lambda candidate: candidate.rank)
