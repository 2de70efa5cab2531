"""A candidate: one decoding of a segment, with its flags and its score."""

import math

from service.engine.protocol.outputs import FinishReason, TokenOutput
from service.tasks.generation.choice import Delta
from service.tasks.text.languages import Language
from service.tasks.translation.documents.marks.markers import without_markers
from service.tasks.translation.documents.marks.restoring import force_restore, restore
from service.tasks.translation.language.detection import Detect
from service.tasks.translation.plan import SourceSegment
from service.tasks.translation.prompting.glossary import Term, find_missing
from service.tasks.translation.quality import guard
from service.tasks.translation.quality.confidence import confidence
from service.tasks.translation.quality.flags import Flag, severity
from service.tasks.translation.quality.loops import ends_in_loop, has_loop
from service.tasks.translation.segment_prompts import SegmentPrompt

_CHECK_INTERVAL = 16  # characters between two searches for a loop
_LENGTH_POWER = 1.5  # above 1 it prefers long texts; from 1.2 to 1.8 the translations are equally good


class TranslationCandidate:
    """Owns the text of one sequence while it is decoded. ``judge`` is called once, after its end.

    ``text``, ``flags``, ``score`` and ``missed`` are set by ``judge``. ``text`` is the segment as the document has it,
    with its marks restored; ``score`` is the mean log probability of the tokens, or that of a beam search; ``missed``
    are terms of the glossary.
    """

    def __init__(self, segment: SourceSegment, prompt: SegmentPrompt) -> None:
        self.prompt = prompt
        self.finish: FinishReason | None = None
        self.text = ""
        self.flags: tuple[Flag, ...] = ()
        self.score: float | None = None
        self.missed: tuple[Term, ...] = ()
        self._segment = segment
        self._output = ""
        self.outputs: list[TokenOutput] = []
        self._checked = 0  # characters of the output that were searched for a loop

    def add(self, delta: Delta) -> None:
        """Append the next part of the output."""
        self._output += delta.text
        self.finish = delta.finish
        self.outputs += delta.tokens

    def is_in_loop(self) -> bool:
        """Whether the model repeats itself and the source does not. Checked every few words, and False in between."""
        if len(self._output) < self._checked + _CHECK_INTERVAL:
            return False
        self._checked = len(self._output)
        return ends_in_loop(self._output) and not has_loop(self.prompt.unit.text)

    @property
    def written(self) -> str:
        """The output so far, with markers. White space at its end is left out until more text follows."""
        return self._segment.complete(self._output)

    def judge(self, target: Language, detect: Detect) -> None:
        """Restore the marks in the whole output, and set the flags, the score and the missed terms."""
        unit, prefix = self.prompt.unit, self._segment.prefix
        written = self.written or prefix
        source_language = self._segment.source
        flags = [*guard.check(unit.text, written, source_language=source_language, target=target, detect=detect)]
        if (example := self.prompt.example) is not None:
            flags += guard.check_example(unit.text, written, (example.source, example.target), source_language)
        if self.finish is FinishReason.LENGTH:
            flags.append(Flag.TRUNCATED)
        text = restore(unit, written)
        if text is None:
            flags.append(Flag.PLACEHOLDER)
            text = force_restore(unit, written)
        elif Flag.EMPTY not in flags:
            flags += guard.check_marked(unit, written)
        self.missed = find_missing(self._segment.terms, text)
        if self.missed:
            flags.append(Flag.TERM)
        # No text may be lost silently: the source replaces an empty translation.
        self.text = unit.source if Flag.EMPTY in flags and not prefix else text
        self.flags = tuple(flags)
        if logprobs := self._logprobs:
            self.score = sum(logprobs) / len(logprobs)
        elif self.outputs and (hypotheses := self.outputs[-1].hypotheses):
            self.score = hypotheses[0].score

    @property
    def confidence(self) -> float | None:
        """The probability that the text is usable, after ``judge``; None if the log probabilities are not known."""
        if self.score is None or not self._logprobs:
            return None
        return confidence(
            without_markers(self.prompt.unit.text),
            without_markers(self.written or self._segment.prefix),
            score=self.score,
            least=min(self._logprobs),
            num_tokens=len(self._logprobs),
            flags=self.flags,
        )

    @property
    def rank(self) -> tuple[float, ...]:
        """The better of two candidates has the greater rank: it has the less severe flags or, if equal, is likelier.

        The log probability is divided by a power of the length, as in beam search (Wu et al., arXiv:1609.08144).
        """
        length = len(self._logprobs) or len(self.outputs)
        likelihood = -math.inf if self.score is None else self.score * length ** (1 - _LENGTH_POWER)
        return -severity(self.flags), likelihood

    @property
    def _logprobs(self) -> list[float]:
        return [output.logprob.logprob for output in self.outputs if output.logprob is not None]
