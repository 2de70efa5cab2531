"""Batches with a scripted application: what survives, what is bounded, and what is tried again."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from service.batches.limits import BatchLimits
from service.batches.records import BatchRecord, BatchStatus, FileRecord
from service.batches.results import LineAnswer, LineRequest, answered
from service.batches.service import Batches
from service.errors import StorageError, StoreFull

LIMITS = BatchLimits(
    file_bytes=1 << 20,
    lines=100,
    line_bytes=1000,
    storage_bytes=1 << 20,
    files=10,
    batches=3,
    lifetime=7200,
    concurrency=2,
)
ENDPOINT = "/v1/completions"


@dataclass
class Application:
    """Answers lines. ``asked`` are the bodies; lines in ``held`` wait until they are cancelled."""

    asked: list[bytes] = field(default_factory=list)
    held: set[bytes] = field(default_factory=set)
    answers: list[LineAnswer | Exception] = field(default_factory=list)  # the first ones; later ones are good

    async def ask(self, request: LineRequest) -> LineAnswer:
        self.asked.append(request.body)
        if request.body in self.held:
            await asyncio.Event().wait()
        answer = self.answers.pop(0) if self.answers else LineAnswer(status=200, request_id="r", body=b'{"a":1}')
        if isinstance(answer, Exception):
            raise answer
        return answer


@asynccontextmanager
async def opened(path: Path, application: Application | None = None, **options: Any) -> AsyncIterator[Batches]:
    batches = Batches(path, LIMITS, **options)
    try:
        if application is not None:
            await batches.start(application.ask)
        yield batches
    finally:
        await batches.close()


def body(number: int) -> bytes:
    return b'{"prompt":"%d"}' % number


async def added(batches: Batches, numbers: Iterable[int], owner: str = "me") -> FileRecord:
    with batches.files.new() as new:
        for number in numbers:
            new.write(b'{"custom_id":"%d","method":"POST","url":"%s","body":' % (number, ENDPOINT.encode()))
            new.write(body(number) + b"}\n")
        return await batches.keep_file(owner, "a", new, None)


async def begun(batches: Batches, count: int, owner: str = "me") -> BatchRecord:
    return await batches.create(owner, ENDPOINT, await added(batches, range(count), owner), None, None)


async def until(condition: Callable[[], Any]) -> None:
    """Let others run until it is true."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - what it depends on has no event
            await asyncio.sleep(0)


async def end_of(batches: Batches, batch: BatchRecord) -> BatchRecord:
    async with asyncio.timeout(20):
        while True:
            found = await batches.get(batch.owner, batch.id)
            assert found is not None
            if found.has_ended:
                return found


async def test_what_was_done_is_not_done_again(tmp_path: Path) -> None:
    first = Application(held={body(3), body(4)})
    async with opened(tmp_path, first) as batches:
        batch = await begun(batches, 6)
        await until(lambda: {body(3), body(4)} <= set(first.asked))
    second = Application()
    async with opened(tmp_path, second) as batches:
        done = await end_of(batches, batch)
    assert (done.status, done.completed) == (BatchStatus.COMPLETED, 6)
    assert sorted(second.asked) == [body(number) for number in (3, 4, 5)]


async def test_an_interrupted_batch_continues_with_the_next_sweep(tmp_path: Path) -> None:
    application = Application(answers=[RuntimeError("the disk is full")])
    async with opened(tmp_path, application) as batches:
        batch = await begun(batches, 3)
        await until(lambda: not batches.runs)
        await batches.sweep()
        assert (await end_of(batches, batch)).completed == 3


async def test_a_line_is_sent_again_when_the_answer_says_so(tmp_path: Path) -> None:
    application = Application(answers=[LineAnswer(status=503, retry_after=0), LineAnswer(status=429, retry_after=0)])
    async with opened(tmp_path, application) as batches:
        done = await end_of(batches, await begun(batches, 1))
    assert (done.completed, done.failed) == (1, 0)
    assert application.asked == [body(0)] * 3


@pytest.mark.parametrize("status", ["validating", "in_progress", "finalizing", "cancelling"])
async def test_a_batch_continues_from_every_status(tmp_path: Path, status: str) -> None:
    async with opened(tmp_path) as batches:  # nothing runs
        batch = await begun(batches, 2)
        values: dict[str, Any] = {"status": BatchStatus(status)} | ({} if status == "validating" else {"total": 2})
        batches.store.update(batch.id, **values)
        if status == "finalizing":
            answer = LineAnswer(status=200, body=b"{}")
            batches.store.add_results(batch.id, [answered(line, str(line), answer) for line in (1, 2)])
    application = Application()
    async with opened(tmp_path, application) as batches:
        done = await end_of(batches, batch)
    assert done.completed + done.failed == 2
    assert (done.status, len(application.asked)) == {
        "validating": (BatchStatus.COMPLETED, 2),
        "in_progress": (BatchStatus.COMPLETED, 2),
        "finalizing": (BatchStatus.COMPLETED, 0),
        "cancelling": (BatchStatus.CANCELLED, 0),
    }[status]


async def test_a_batch_that_expired_while_the_service_was_off(tmp_path: Path) -> None:
    async with opened(tmp_path, clock=lambda: 1e9) as batches:
        batch = await begun(batches, 2)
    application = Application()
    async with opened(tmp_path, application, clock=lambda: 1e9 + 86_400) as batches:
        done = await end_of(batches, batch)
    assert (done.status, done.failed, application.asked) == (BatchStatus.EXPIRED, 2, [])


async def test_an_input_that_is_not_on_the_disk_fails_the_batch(tmp_path: Path) -> None:
    async with opened(tmp_path) as batches:
        batch = await begun(batches, 2)
        batches.files.content(batch.input_file_id).unlink()
    async with opened(tmp_path, Application()) as batches:
        done = await end_of(batches, batch)
    assert (done.status, [each.code for each in done.problems]) == (BatchStatus.FAILED, ["missing_input"])


async def test_old_batches_make_room_and_running_ones_do_not(tmp_path: Path) -> None:
    application = Application(held={body(0)})
    async with opened(tmp_path, application) as batches:
        ended = await end_of(batches, await batches.create("me", ENDPOINT, await added(batches, []), None, None))
        running = [await begun(batches, 1) for _ in range(3)]
        assert await batches.get("me", ended.id) is None
        with pytest.raises(StoreFull, match="3 batches have not ended"):
            await begun(batches, 1)
        await begun(batches, 1, owner="another")
        assert [each.id for each in await batches.page("me", limit=9, after=None) or ()] == [
            each.id for each in reversed(running)
        ]


async def test_what_was_kept_long_enough_is_deleted(tmp_path: Path) -> None:
    now = [1e9]
    application = Application()
    async with opened(tmp_path, application, clock=lambda: now[0]) as batches:
        batch = await end_of(batches, await begun(batches, 1))
        application.held = {body(0)}
        running = await begun(batches, 1)
        await until(lambda: len(application.asked) == 2)
        now[0] += LIMITS.lifetime
        await batches.sweep()
        assert await batches.get("me", batch.id) is None
        assert [path.name for path in (tmp_path / "files").iterdir()] == [running.input_file_id]
        await batches.cancel(running)
        await end_of(batches, running)
        await batches.sweep()
        assert batches.files.page("me", limit=9, after=None, purpose="batch", ascending=True) == []


async def test_files_of_a_killed_process_are_removed(tmp_path: Path) -> None:
    async with opened(tmp_path) as batches:
        kept = await added(batches, [1])
        (tmp_path / "files" / "0.part").write_bytes(b"x")
        (tmp_path / "files" / "file-unknown").write_bytes(b"x")
    async with opened(tmp_path) as batches:
        assert [path.name for path in (tmp_path / "files").iterdir()] == [kept.id]
        assert batches.files.used == kept.bytes


async def test_bytes_are_counted(tmp_path: Path) -> None:
    async with opened(tmp_path, Application()) as batches:
        batch = await end_of(batches, await begun(batches, 5))
        assert batch.output_file_id is not None
        output = await batches.get_file("me", batch.output_file_id)
        source = await batches.get_file("me", batch.input_file_id)
        assert output is not None
        assert source is not None
        await until(lambda: not batches.runs)
        assert batches.files.used == output.bytes + source.bytes
        batches.store.delete_file(output)
        batches.store.delete_file(source)
        assert batches.files.used == 0


async def test_only_the_user_can_read(tmp_path: Path) -> None:
    async with opened(tmp_path / "new"):
        assert (tmp_path / "new").stat().st_mode & 0o077 == 0
        assert (tmp_path / "new" / "batches.sqlite").stat().st_mode & 0o077 == 0


def test_a_directory_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"batches_dir: cannot use .*Not a directory"):
        Batches(tmp_path / "file" / "x", LIMITS)
    (tmp_path / "batches.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(StorageError, match="batches_dir: cannot open"):
        Batches(tmp_path, LIMITS)
    (tmp_path / "batches.sqlite").unlink()
    with sqlite3.connect(tmp_path / "batches.sqlite") as connection:
        connection.execute("PRAGMA user_version = 9")
    with pytest.raises(StorageError, match="version 9"):
        Batches(tmp_path, LIMITS)
