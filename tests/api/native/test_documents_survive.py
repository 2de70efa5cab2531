"""A real service that is killed while it translates a document, and another one that finds its directory."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from tests.api.conftest import FLAGS
from tests.api.scripted import scripted_service
from tests.api.umlauts import Umlauts
from tests.engine.tiny_models import served_model
from tests.running_server import running_server

PATH = "/v1/translate/document"
SENTENCES = [f"Number {number} came along." for number in range(100)]
MEMORY = [{"source": SENTENCES[number], "target": f"Zahl {number}."} for number in (0, 99)]


def events(http: httpx.Client, id: str) -> Iterator[dict[str, Any]]:
    """The document after each change, until its end."""
    with http.stream("GET", f"{PATH}/{id}/events") as stream:
        for line in stream.iter_lines():
            if line.startswith("data: {"):
                yield json.loads(line.removeprefix("data: "))


def count(directory: Path) -> dict[str, int]:
    """The number of rows of each table on the disk."""
    with closing(sqlite3.connect(directory / "documents.sqlite")) as connection:
        tables = ("documents", "contents", "windows")
        return {table: connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in tables}


def test_a_document_of_a_killed_service_continues_behind_the_last_window(tmp_path: Path) -> None:
    model = served_model(tmp_path / "model", max_position_embeddings=2048)
    directory = tmp_path / "documents"
    fields = {"source_lang": "en", "target_lang": "de", "memory": json.dumps(MEMORY), "max_tokens": "32"}
    with running_server(model, *FLAGS, "--documents-dir", str(directory), exit_code=-9) as server:
        file = ("a.txt", "\n".join(SENTENCES).encode())
        id = server.http.post(PATH, files={"file": file}, data=fields).raise_for_status().json()["id"]
        next(each for each in events(server.http, id) if each["segments"]["done"])
        server.process.kill()
        server.process.wait()
    kept = count(directory)
    assert kept == {"documents": 1, "contents": 1, "windows": kept["windows"]}
    done = 32 * kept["windows"]
    assert 0 < done < len(SENTENCES)
    with scripted_service(engine := Umlauts(), documents_dir=directory) as service:
        *_, document = events(service.http, id)
        assert (document["status"], document["segments"]) == ("done", {"total": 100, "done": 100})
        lines = service.http.get(f"{PATH}/{id}/result").raise_for_status().text.split("\n")
        assert (len(lines), lines[0], lines[-1]) == (100, "Zahl 0.", "Zahl 99.")
        assert lines[done:-1] == [f"Nümber {number} cäme älöng." for number in range(done, 99)]
        assert len(engine.requests) == len(lines[done:-1])  # what the killed one has translated is not computed again
        assert count(directory) == {"documents": 1, "contents": 1, "windows": 0}
        service.http.delete(f"{PATH}/{id}").raise_for_status()
    assert count(directory) == {"documents": 0, "contents": 0, "windows": 0}
    assert {path.name for path in directory.iterdir()} == {"documents.sqlite", "lock"}
