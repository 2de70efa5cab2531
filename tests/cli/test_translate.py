"""``trivium translate``: with a model of its own, and by a running service."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.keyed import Keyed, keyed_service
from tests.api.umlauts import Umlauts
from tests.cli.running import trivium
from tests.engine.tiny_models import served_model

TEXT = "Good dogs run.\n\nGood dogs run. The cats are hopeless.\n"


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyed]:
    with keyed_service(tmp_path_factory.mktemp("keys"), Umlauts()) as keyed:
        yield keyed


@pytest.fixture
def note(tmp_path: Path) -> Path:
    note = tmp_path / "note.txt"
    note.write_text(TEXT)
    return note


def test_a_running_service_translates(keyed: Keyed, note: Path) -> None:
    languages, key = ("--to", "German", "--from", "en"), {"TRIVIUM_KEY": keyed.secrets["translate"]}
    done = trivium("translate", str(note), *languages, "--url", keyed.service.url, **key)
    assert (done.returncode, done.stdout.strip()) == (0, str(note.with_name("note.de.txt"))), done.stderr
    assert note.with_name("note.de.txt").read_text() == "Gööd dögs rün.\n\nGööd dögs rün. The cats are hopeless.\n"
    assert "copied: 1" in done.stderr
    assert not keyed.service.app.state.trivium.documents.runs
    refused = trivium("translate", str(note), *languages, "--url", keyed.service.url)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "There is no key in the request" in refused.stderr


def test_subtitles_in_the_encoding_that_the_command_names(keyed: Keyed, tmp_path: Path) -> None:
    cues = "1\n00:00:01,000 --> 00:00:02,000\nLa citá dort.\n"
    subtitles = tmp_path / "film.srt"
    key = {"TRIVIUM_KEY": keyed.secrets["translate"]}
    flags = ("--to", "de", "--from", "fr", "--url", keyed.service.url)
    for encoding, recoded in (("cp850", None), ("cp862", "utf-8-sig")):
        subtitles.write_bytes(cues.encode(encoding))
        done = trivium("translate", str(subtitles), *flags, "--encoding", encoding, **key)
        assert done.returncode == 0, done.stderr
        written = (tmp_path / "film.de.srt").read_bytes()
        assert written.decode(recoded or encoding) == cues.replace("La citá dort", "Lä citá dört")
        assert ("Its encoding is" in done.stderr) == (recoded is not None)
    refused = trivium("translate", str(subtitles), *flags, "--encoding", "klingon", **key)
    assert refused.returncode == 1
    assert "encoding" in refused.stderr


def test_a_model_translates_without_a_service(
    tmp_path_factory: pytest.TempPathFactory, note: Path, tmp_path: Path
) -> None:
    model = served_model(tmp_path_factory.mktemp("models"), max_position_embeddings=2048)
    written = tmp_path / "out.txt"
    model_flags = ("--model", str(model), "--threads", "1")
    done = trivium("translate", str(note), "--to", "fr", "--from", "en", "-o", str(written), *model_flags)
    assert (done.returncode, done.stdout.strip()) == (0, str(written)), done.stderr
    # The model is random. The line between the sentences is kept for any translation.
    assert len(written.read_text().split("\n\n")) == 2
