"""Calls to a service of a chat model, a translation model and a speech model. No answer may depend on a restart."""

import io
import json
import random
from itertools import cycle, islice
from pathlib import Path

import httpx
import numpy as np
import soundfile

from benchmarks.encoder_decoder.loads import sentences
from benchmarks.soak.mix import BUILT_IN_ROWS, OUTPUT_TOKENS, MixCall, Row, chat_fields

CHAT, TRANSLATOR, SPEECH = "chat", "translator", "speech"

_BEAMS = (1, 4)
_ONE_ATTEMPT = 0.1  # temperature: a doubtful text at 0 would be tried again at higher ones
_RATE = 16_000  # samples in a second of what is made up
_SECONDS = 20


def make_mixed_calls(shape: str, count: int, recordings: list[bytes]) -> list[MixCall]:
    """``count`` calls to the three models in turn. ``shape`` is that of the translation model."""
    prompts = [row for row in BUILT_IN_ROWS if row["task"] == "generate"]
    texts = sentences(shape, count)
    kinds = cycle((CHAT, TRANSLATOR, SPEECH))
    calls = []
    for number, kind in enumerate(islice(kinds, count)):
        if kind == SPEECH:
            calls.append(_transcription(recordings[number % len(recordings)], has_segments=number % 2 == 0))
            continue
        stream = number % 2 == 0
        if kind == CHAT:
            path, fields = "/v1/chat/completions", chat_fields(prompts[number % len(prompts)])
        else:
            path, fields = "/v1/generate", {"prompt": texts[number]} | _beams(_BEAMS[number // 3 % len(_BEAMS)])
        sampling = {"max_tokens": OUTPUT_TOKENS, "temperature": 0, "model": kind, "stream": stream}
        calls.append(MixCall(path, json.dumps(fields | sampling).encode(), stream))
    return calls


def read_recordings(directory: Path | None) -> list[bytes]:
    """The audio files of a directory in the order of their names, or two of sounds that are made up."""
    if directory is not None:
        return [path.read_bytes() for path in sorted(directory.iterdir())]
    return [_sounds(seed) for seed in range(2)]


def _beams(number: int) -> Row:
    return {} if number == 1 else {"num_beams": number}


def _transcription(recording: bytes, *, has_segments: bool) -> MixCall:
    answer_format = "verbose_json" if has_segments else "json"
    fields = {"model": SPEECH, "language": "en", "response_format": answer_format, "temperature": _ONE_ATTEMPT}
    form = httpx.Request("POST", "http://service/", data=fields, files={"file": ("recording", recording)})
    return MixCall("/v1/audio/transcriptions", form.read(), content_type=form.headers["content-type"])


def _sounds(seed: int) -> bytes:
    """A WAV file of tones that change twice in a second."""
    generator = random.Random(seed)
    times = np.arange(_RATE // 2) / _RATE
    tones = [np.sin(2 * np.pi * generator.uniform(100, 2000) * times) for _ in range(2 * _SECONDS)]
    file = io.BytesIO()
    soundfile.write(file, 0.3 * np.concatenate(tones), _RATE, format="WAV")
    return file.getvalue()
