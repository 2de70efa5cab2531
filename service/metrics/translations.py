"""The translations of one model."""

from service.metrics.series import ModelSeries
from service.tasks.translation import Flag


class TranslationMetrics:
    """An observer of translations."""

    def __init__(self, series: ModelSeries) -> None:
        self._segments = series.counter("trivium_translation_segments", "Segments that were translated.")
        self._retried = series.counter("trivium_translation_retries", "Segments that were translated a second time.")
        self._flags = {
            flag: series.counter("trivium_translation_flags", "Flags of translated segments, by kind.", flag=flag.value)
            for flag in Flag
        }

    def segment_translated(self, flags: tuple[Flag, ...], *, retried: bool) -> None:
        """A segment was translated, with these doubts about it."""
        self._segments.inc()
        self._retried.inc(retried)
        for flag in flags:
            self._flags[flag].inc()
