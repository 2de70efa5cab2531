"""The transcriber: a speech model that writes recordings down."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from msgspec.structs import replace as replace_fields

from service.engine.client import EngineClient
from service.engine.protocol.beam_params import BeamParams
from service.errors import InvalidOption, InvalidPrompt
from service.tasks.generation.cost import Cost
from service.tasks.generation.observer import CompletionObserver
from service.tasks.speech.audio.recording import Recording
from service.tasks.speech.audio.spectrogram import Spectrogram
from service.tasks.speech.checkpoint import FRAMES_PER_TIMESTAMP, SpeechCheckpoint
from service.tasks.speech.options import DEFAULT_BEAMS, TranscriptOptions
from service.tasks.speech.transcription import Transcription
from service.tasks.text.languages import find_language
from service.tasks.text.prompt_texts import HALF_SURROGATE
from service.tasks.text.tokenizer import Tokenizer

_OTHER_CODES = {"jv": "jw", "nb": "no", "fil": "tl", "cmn": "zh"}  # for languages that Whisper has other codes for


class Transcriber:
    """One speech model. Use ``Transcriber.load`` for a model directory."""

    def __init__(
        self,
        client: EngineClient,
        tokenizer: Tokenizer,
        checkpoint: SpeechCheckpoint,
        *,
        observer: CompletionObserver | None = None,
    ) -> None:
        self.client = client
        self.tokenizer = tokenizer
        self.checkpoint = checkpoint
        self.observer = observer
        self._spectrogram = Spectrogram(checkpoint.mels)

    @classmethod
    def load(
        cls, client: EngineClient, tokenizer: Tokenizer, path: Path, *, observer: CompletionObserver | None = None
    ) -> Self:
        """Raises OSError, ValueError or UnsupportedModel if a file of the model cannot be used."""
        return cls(client, tokenizer, SpeechCheckpoint.load(path), observer=observer)

    async def prepare(self, data: bytes, options: TranscriptOptions, *, request_id: str) -> "PreparedTranscription":
        """Decode the file ``data`` once, in a thread, and check the options.

        Raises MalformedFile, UnknownLanguage, InvalidOption, InvalidPrompt.
        """
        options = replace(options, language=self._language(options))
        if options.task == "translate" and "translate" not in self.checkpoint.tasks:
            raise InvalidOption("This model does not translate speech", param="model")
        try:
            before = (
                self.tokenizer.control_tokens.encode_as_text(f" {text}") if (text := options.prompt.strip()) else []
            )
        except TypeError:
            raise InvalidPrompt(HALF_SURROGATE, param="prompt") from None
        beams = self._beams(options)
        recording = await Recording.open(data, self._spectrogram, self.checkpoint.window)
        return PreparedTranscription(self, recording, options, beams, tuple(before), request_id)

    def _beams(self, options: TranscriptOptions) -> BeamParams:
        """The beams that search a window. Raises InvalidOption if the engine has no room for those of the client."""
        room = self._most_beams
        if options.beams is None:
            return replace_fields(DEFAULT_BEAMS, num_beams=min(DEFAULT_BEAMS.num_beams, room))
        if options.beams.num_beams > room:
            message = f"{options.beams_param}: the service has room for {room} beams of a window"
            raise InvalidOption(message, param=options.beams_param)
        return options.beams

    @property
    def _most_beams(self) -> int:
        """How many beams of one window the engine can have at once."""
        info, checkpoint = self.client.info, self.checkpoint
        num_source = -(-checkpoint.window // FRAMES_PER_TIMESTAMP // info.block_size)
        of_a_beam = -(-checkpoint.max_target_len // info.block_size)
        return max(1, min(info.max_num_seqs, (info.num_blocks - num_source) // of_a_beam))

    def _language(self, options: TranscriptOptions) -> str | None:
        if options.language is None:
            return None
        base = find_language(options.language, param="language").base
        code = _OTHER_CODES.get(base, base)
        if not self.checkpoint.knows(code):
            raise InvalidOption("language: the model does not know this language", param="language")
        return code


@dataclass(frozen=True, slots=True)
class PreparedTranscription:
    """A recording that was decoded once, and is not in the engine yet. ``before`` are the tokens of the prompt."""

    transcriber: Transcriber
    recording: Recording
    options: TranscriptOptions
    beams: BeamParams
    before: tuple[int, ...]
    id: str

    @property
    def cost(self) -> Cost:
        """The most that the work needs at once: one window, with all beams."""
        num_beams = 1 if self.options.temperature else self.beams.num_beams
        return Cost(num_beams, num_beams * self.transcriber.checkpoint.max_target_len)

    async def start(self) -> Transcription:
        """The transcription, whose requests are sent while it is iterated."""
        transcriber = self.transcriber
        return Transcription(
            transcriber.client,
            transcriber.checkpoint,
            transcriber.tokenizer,
            self.recording,
            self.options,
            self.beams,
            self.before,
            request_id=self.id,
            observer=transcriber.observer,
        )
