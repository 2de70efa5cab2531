"""``/v1/audio`` on a real service with a tiny speech model: formats, streams, and what is refused."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
import srt
import webvtt

from tests.api.openapi.document import Document
from tests.running_server import Server, running_server
from tests.tasks.speech import sounds, tiny_speech_model

SOUND = sounds.chirps(34.0)
FILE = ("speech.wav", sounds.file(SOUND), "audio/wav")
SHORT = ("short.wav", sounds.file(sounds.chirps(7.0)), "audio/wav")
# Random weights doubt every result: one temperature is one attempt.
FIELDS: dict[str, Any] = {"language": "en", "temperature": "0.1"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    path = tmp_path_factory.mktemp("models") / "tiny-whisper"
    tiny_speech_model.save(path, timestamps=0.3, sureness=3.0)
    flags = ("--device", "cpu", "--num-blocks", "400", "--max-audio-bytes", "3MiB")
    with running_server(path, *flags) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: Server) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0)


def post(server: Server, path: str = "transcriptions", file: Any = FILE, **fields: Any) -> httpx.Response:
    return server.http.post(f"/v1/audio/{path}", files={"file": file}, data=FIELDS | fields)


def test_the_official_client_reads_every_format(server: Server, client: openai.OpenAI) -> None:
    def create(answer_format: str) -> Any:
        return client.audio.transcriptions.create(
            file=FILE, model=server.model, language="en", temperature=0.1, response_format=answer_format
        )  # type: ignore[call-overload]

    verbose = create("verbose_json")
    assert (verbose.task, verbose.language, verbose.duration) == ("transcribe", "english", 34.0)
    assert verbose.segments
    assert "".join(segment.text for segment in verbose.segments).strip() == verbose.text
    assert [segment.id for segment in verbose.segments] == list(range(len(verbose.segments)))
    assert all(0 <= segment.start <= segment.end <= 34.0 for segment in verbose.segments)
    assert all(0 < segment.no_speech_prob < 1 and segment.avg_logprob < 0 for segment in verbose.segments)
    plain = create("json")
    assert plain.text == verbose.text
    assert plain.usage.seconds == 34
    assert create("text") == verbose.text
    subtitles = list(srt.parse(create("srt")))
    assert [cue.start.total_seconds() for cue in subtitles] == [segment.start for segment in verbose.segments]
    captions = webvtt.from_string(create("vtt")).captions
    assert [caption.end_in_seconds for caption in captions] == [int(segment.end) for segment in verbose.segments]


def test_a_stream_has_the_text_segment_by_segment(server: Server, client: openai.OpenAI) -> None:
    whole = post(server).json()["text"]
    options: Any = {"file": FILE, "model": server.model, "language": "en", "temperature": 0.1, "stream": True}
    events: list[Any] = list(client.audio.transcriptions.create(**options))
    assert [event.type for event in events] == ["transcript.text.delta"] * (len(events) - 1) + ["transcript.text.done"]
    assert len(events) > 2
    assert "".join(event.delta for event in events[:-1]).rstrip() == events[-1].text == whole
    assert events[-1].usage.total_tokens > 0


def test_the_official_client_asks_for_beams(server: Server, client: openai.OpenAI) -> None:
    """The likelier text of a search shows that there is one."""

    def logprob(**beams: Any) -> float:
        options: Any = {"file": SHORT, "model": server.model, "language": "en", "response_format": "verbose_json"}
        answer: Any = client.audio.transcriptions.create(**options, extra_body=beams)
        return float(answer.segments[0].avg_logprob)

    assert len({logprob(use_beam_search=False), *(logprob(use_beam_search=True, best_of=n) for n in (2, 6))}) == 3
    assert logprob() == logprob(use_beam_search=True) == logprob(use_beam_search=True, best_of=5)
    assert logprob(use_beam_search=True, length_penalty=0.5, early_stopping="never") < 0
    assert logprob(use_beam_search=True, early_stopping=True) < 0


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")  # OpenAI's word on its own models
def test_translations_have_the_text_alone(server: Server, client: openai.OpenAI) -> None:
    translation = client.audio.translations.create(file=FILE, model=server.model, temperature=0.1, prompt="Names: Ada")
    assert translation.text
    answer = post(server, "translations", response_format="verbose_json").json()
    assert answer["task"] == "translate"
    assert answer["language"] in {"english", "german", "chinese"}


def test_silence_has_an_empty_text(server: Server) -> None:
    silence = ("silence.flac", sounds.file(SOUND[:32_000] * 0, "FLAC"))
    assert post(server, file=silence).json() == {"text": "", "usage": {"type": "duration", "seconds": 2}}
    assert post(server, file=silence, response_format="text").text == ""
    assert post(server, file=silence, response_format="vtt").text == "WEBVTT\n\n"
    events = post(server, file=silence, stream="true").text.split("\n\n")
    assert json.loads(events[0].removeprefix("data: "))["text"] == ""


@pytest.mark.parametrize(
    ("fields", "status", "param"),
    [
        ({"file": ("a.wav", b"RIFF....WAVE")}, 400, "file"),
        ({"file": ("a.wav", b"")}, 400, "file"),
        ({"file": ("a.wav", bytes(4 << 20))}, 413, None),
        ({"language": "xx-nothing"}, 400, "language"),
        ({"language": "fr"}, 400, "language"),
        ({"temperature": "2"}, 400, "temperature"),
        ({"response_format": "yaml"}, 400, "response_format"),
        ({"use_beam_search": "true"}, 400, "temperature"),
        ({"use_beam_search": "maybe"}, 400, "use_beam_search"),
        ({"use_beam_search": "true", "temperature": "0", "best_of": "1"}, 400, "best_of"),
        ({"use_beam_search": "true", "temperature": "0", "best_of": "9999"}, 400, "best_of"),
        ({"use_beam_search": "true", "temperature": "0", "best_of": "128"}, 400, "best_of"),
        ({"best_of": "3"}, 400, "best_of"),
        ({"use_beam_search": "false", "length_penalty": "2"}, 400, "length_penalty"),
        ({"early_stopping": "true"}, 400, "early_stopping"),
        ({"use_beam_search": "true", "temperature": "0", "early_stopping": "soon"}, 400, "early_stopping"),
        ({"timestamp_granularities[]": "word", "response_format": "verbose_json"}, 400, "timestamp_granularities"),
        ({"timestamp_granularities[]": "segment"}, 400, "timestamp_granularities"),
        ({"stream": "true", "response_format": "srt"}, 400, "response_format"),
        ({"model": "another"}, 404, "model"),
        ({"include[]": "logprobs"}, 400, "include[]"),
        ({"chunking_strategy": "{}"}, 400, "chunking_strategy"),
        ({"known_speaker_names[]": "Ada"}, 400, "known_speaker_names[]"),
    ],
)
def test_what_is_refused_is_named(server: Server, fields: dict[str, Any], status: int, param: str | None) -> None:
    answer = post(server, **fields)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["param"] == param


def test_answers_are_as_documented(server: Server) -> None:
    document = Document(server)
    for path in ("/v1/audio/transcriptions", "/v1/audio/translations"):
        name = path.rpartition("/")[2]
        kinds = [{}, {"response_format": "verbose_json"}, {"model": "another"}, {"temperature": "x"}]
        kinds += [{"stream": "true"}] if name == "transcriptions" else []
        for fields in kinds:
            document.check(post(server, name, **fields), path)
        document.check(server.http.post(path, json={}), path)


def test_no_word_of_a_request_is_logged(server: Server) -> None:
    word = "Zwiebelfisch"
    named = (f"{word}.wav", FILE[1])
    assert post(server, file=named, prompt=word).is_success
    fields = ("prompt", "language", "model", "response_format", "temperature", "chunking_strategy", word)
    answers = [post(server, file=named, **{field: word}) for field in fields]
    answers.append(post(server, file=(f"{word}.wav", word.encode())))
    assert not any(word in answer.text for answer in answers)
    log = server.log.read_text()
    assert answers[0].headers["x-request-id"] in log
    assert word not in log


def test_segments_may_be_asked_for_by_name(server: Server) -> None:
    fields = {"timestamp_granularities[]": "segment", "response_format": "verbose_json"}
    assert post(server, **fields).json()["segments"]


def test_a_speech_model_does_nothing_else(server: Server) -> None:
    answer = server.http.post("/v1/completions", json={"prompt": "Once", "model": server.model})
    assert answer.status_code == 400
