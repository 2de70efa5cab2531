"""A speech model in the service and in transformers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import WhisperFeatureExtractor, WhisperForConditionalGeneration

from service.engine.engine import Engine
from service.engine.execution.runner import ModelRunner
from service.engine.protocol.beam_params import BeamParams
from service.tasks.speech.options import TranscriptOptions
from service.tasks.speech.transcriber import Transcriber
from service.tasks.speech.transcript import TranscriptSegment
from service.tasks.speech.transcription import Transcription
from service.tasks.text.tokenizer import Tokenizer
from tests.engine.configs import engine_config
from tests.tasks.speech import sounds
from tests.tasks.speech.local_engine import LocalEngine


@dataclass(frozen=True)
class SpeechModel:
    """One checkpoint, computed in float32 by both."""

    transcriber: Transcriber
    engine: Any  # a LocalEngine
    reference: WhisperForConditionalGeneration

    @classmethod
    def load(cls, path: Path, **changes: Any) -> "SpeechModel":
        options = {"num_blocks": 900, "dtype": "float32", "native_kernels": False} | changes
        config = engine_config(path, device="cpu", **options)
        engine = LocalEngine.client(Engine(ModelRunner(config), config))
        transcriber = Transcriber.load(engine, Tokenizer.load(path), path)
        reference = WhisperForConditionalGeneration.from_pretrained(path, dtype=torch.float32).eval()
        return cls(transcriber, engine, reference)

    async def run(
        self, samples: NDArray[np.float32], *, num_beams: int = 1, **options: Any
    ) -> tuple[list[TranscriptSegment], Transcription]:
        """The segments, and the transcription when it has ended."""
        data = sounds.file(samples, subtype="FLOAT")
        asked = TranscriptOptions(beams=BeamParams(num_beams=num_beams), **options)
        prepared = await self.transcriber.prepare(data, asked, request_id="t")
        with await prepared.start() as transcription:
            return [segment async for segment in transcription], transcription

    def expected(self, samples: NDArray[np.float32], *, num_beams: int = 1, **options: Any) -> list[dict[str, Any]]:
        """The segments that transformers' ``generate`` returns."""
        extractor = WhisperFeatureExtractor()
        whole = {"truncation": False, "padding": "longest", "return_tensors": "pt"}
        features = extractor(samples, sampling_rate=16_000, **whole).input_features
        result = self.reference.generate(
            features, return_segments=True, do_sample=False, num_beams=num_beams, **options
        )
        return list(result["segments"][0])
