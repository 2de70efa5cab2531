"""A transcription: a recording that is written down, window by window."""

from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

from service.engine.client import EngineClient
from service.engine.protocol.beam_params import BeamParams
from service.engine.protocol.outputs import FinishReason
from service.engine.protocol.source import Features
from service.errors import ProcessError
from service.tasks.generation.observer import CompletionObserver
from service.tasks.generation.token_clock import TokenClock
from service.tasks.generation.usage import Timings, Usage
from service.tasks.speech.attempts import LEAST_LOGPROB, NO_SPEECH, TEMPERATURES, Attempt, best
from service.tasks.speech.audio.recording import FRAMES_PER_SECOND, Recording
from service.tasks.speech.checkpoint import FRAMES_PER_TIMESTAMP, SpeechCheckpoint
from service.tasks.speech.decoder import WindowDecoder
from service.tasks.speech.options import TranscriptOptions
from service.tasks.speech.segments import Segment, cut
from service.tasks.speech.transcript import TranscriptSegment
from service.tasks.text.tokenizer import Tokenizer


class Transcription:
    """An async iterable of segments, and a context manager: leaving it aborts what is unfinished.

    ``language`` is known from the first segment on, or at the end if there is none. Windows without sound and without
    speech have no segments. Raises ProcessError while iterating.
    """

    def __init__(
        self,
        client: EngineClient,
        checkpoint: SpeechCheckpoint,
        tokenizer: Tokenizer,
        recording: Recording,
        options: TranscriptOptions,
        beams: BeamParams,
        before: tuple[int, ...],
        *,
        request_id: str,
        observer: CompletionObserver | None = None,
    ) -> None:
        """``before`` are the tokens of the text that came before the recording."""
        self.id = request_id
        self.seconds = recording.seconds
        self.language = options.language or ("" if checkpoint.languages else "en")
        self._checkpoint = checkpoint
        self._recording = recording
        self._options = options
        self._before = before
        self._timestamps = options.timestamps or recording.num_frames > checkpoint.window
        self._observer = observer
        self._clock = TokenClock(observer)
        self._decoder = WindowDecoder(client, checkpoint, tokenizer, options, beams, self._clock, request_id)
        if observer is not None:
            observer.request_started(request_id)

    async def __aiter__(self) -> AsyncIterator[TranscriptSegment]:
        try:
            seek = 0
            while seek < self._recording.num_frames:
                num_frames = min(self._recording.num_frames - seek, self._checkpoint.window)
                frames = await self._recording.window(seek)
                if not self._recording.is_silent:
                    features = Features(frames.tobytes(), self._checkpoint.mels, len(frames) // FRAMES_PER_TIMESTAMP)
                    segments, advance = await self._write_down(features, seek, num_frames)
                    for segment in segments:
                        yield segment
                    num_frames = min(num_frames, advance)
                seek += num_frames
        except ProcessError:
            self._end(FinishReason.ERROR)
            raise
        self._end(FinishReason.STOP)

    async def _write_down(self, features: Features, seek: int, num_frames: int) -> tuple[list[TranscriptSegment], int]:
        """The segments of the window that begins with frame ``seek``, and the frames up to the next window."""
        if not self.language:
            self.language = await self._decoder.find_language(features)
        attempt, no_speech = await self._attempt(features)
        if no_speech is not None and no_speech > NO_SPEECH and attempt.avg_logprob < LEAST_LOGPROB:
            return [], num_frames
        if self._timestamps:
            pieces, advance = cut(attempt.tokens, self._checkpoint.first_timestamp, num_frames)
        else:
            pieces, advance = [Segment(0.0, num_frames / FRAMES_PER_SECOND, attempt.tokens)], num_frames
        offset = seek / FRAMES_PER_SECOND
        segments = [
            TranscriptSegment(
                seek=seek,
                start=min(offset + piece.start, self.seconds),
                end=min(offset + piece.end, self.seconds),
                text=text,
                tokens=piece.tokens,
                temperature=attempt.temperature,
                avg_logprob=attempt.avg_logprob,
                compression_ratio=attempt.compression_ratio,
                no_speech_prob=no_speech,
            )
            for piece in pieces
            if (text := self._decoder.text(piece.tokens)).strip()
        ]
        return segments, advance

    async def _attempt(self, features: Features) -> tuple[Attempt, float | None]:
        """The first attempt that is not doubtful, else the best one; and the probability that nobody speaks."""
        options = self._options
        prompt = self._checkpoint.prompt(self.language, options.task, timestamps=self._timestamps, before=self._before)
        no_speech: float | None = None
        attempts: list[Attempt] = []
        for number, temperature in enumerate((options.temperature,) if options.temperature else TEMPERATURES):
            attempt = await self._decoder.decode(
                features, prompt, temperature, timestamps=self._timestamps, seed=number
            )
            attempts.append(attempt)
            if no_speech is None and (options.no_speech or attempt.avg_logprob < LEAST_LOGPROB):
                no_speech = await self._decoder.no_speech_probability(features)
            is_empty = no_speech is not None and no_speech > NO_SPEECH and attempt.avg_logprob < LEAST_LOGPROB
            if is_empty or not attempt.is_doubtful:
                return attempt, no_speech
        return best(attempts), no_speech

    @property
    def usage(self) -> Usage:
        """The tokens so far."""
        return self._decoder.usage

    @property
    def timings(self) -> Timings:
        """The seconds so far."""
        return self._clock.timings

    def close(self) -> None:
        """Note the end. Idempotent. The iteration aborts its own request when it is cancelled."""
        self._end(FinishReason.ABORT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def _end(self, reason: FinishReason) -> None:
        if self._clock.stop() and self._observer is not None:
            self._observer.finished(self.usage, self.timings, (reason,))
