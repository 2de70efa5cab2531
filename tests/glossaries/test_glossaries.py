"""Stored glossaries: what survives, what each owner sees, and their bounds."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from service.errors import InvalidOption, StorageError, StoreFull, UnknownGlossary
from service.glossaries.glossaries import Glossaries
from service.glossaries.limits import DICTIONARY_BYTES, GlossaryLimits
from service.glossaries.records import LanguagePair
from service.tasks.translation import Term

LIMITS = GlossaryLimits(glossaries=2, entries=3, glossary_bytes=1000, storage_bytes=1500)
EN_DE, DE_EN = LanguagePair("en", "de"), LanguagePair("de", "en")


async def test_a_glossary_survives_a_restart_only_in_a_directory(tmp_path: Path) -> None:
    for path, kept in ((tmp_path, 1), (None, 0)):
        with closing(Glossaries(path, LIMITS, clock=lambda: 5.0)) as glossaries:
            made = await glossaries.create("me", "Bills", {EN_DE: {"bill": "Rechnung"}})
        with closing(Glossaries(path, LIMITS)) as glossaries:
            assert len(await glossaries.all("me")) == kept
            if kept:
                assert await glossaries.get("me", made.id) == made
                assert made.created_at == 5.0
                assert await glossaries.entries("me", made.id, EN_DE) == "bill\tRechnung"


def test_a_directory_belongs_to_one_process(tmp_path: Path) -> None:
    with closing(Glossaries(tmp_path, LIMITS)), pytest.raises(StorageError, match="glossaries_dir: another process"):
        Glossaries(tmp_path, LIMITS)
    Glossaries(tmp_path, LIMITS).close()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "glossaries.sqlite").write_text("this is no database")
    for _ in range(2):  # the first attempt has given the directory back
        with pytest.raises(StorageError, match="glossaries_dir: cannot open"):
            Glossaries(tmp_path, LIMITS)


def contents(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in directory.iterdir())


async def test_deleted_entries_are_in_no_file(tmp_path: Path) -> None:
    with closing(Glossaries(tmp_path, LIMITS)) as glossaries:
        made = await glossaries.create("me", "Bills", {EN_DE: {"kanarie": "Rechnung"}})
        await glossaries.put("me", made.id, EN_DE, {"bill": "Wellensittich"}, merge=False)
        assert b"Wellensittich" in contents(tmp_path)
        assert b"kanarie" not in contents(tmp_path)
        await glossaries.delete("me", made.id)
        assert b"Wellensittich" not in contents(tmp_path)


async def test_what_another_owner_has_is_not_there() -> None:
    with closing(Glossaries(None, LIMITS)) as glossaries:
        made = await glossaries.create("me", "Bills", {EN_DE: {"bill": "Rechnung"}})
        assert await glossaries.all("you") == []
        calls: list[Callable[[], object]] = [
            lambda: glossaries.get("you", made.id),
            lambda: glossaries.entries("you", made.id, EN_DE),
            lambda: glossaries.find("you", "Bills", param="glossary"),
            lambda: glossaries.terms("you", made.id, EN_DE, ["bill"], param="glossary"),
            lambda: glossaries.rename("you", made.id, "x"),
            lambda: glossaries.put("you", made.id, EN_DE, {"a": "b"}, merge=True),
            lambda: glossaries.delete_dictionary("you", made.id, EN_DE),
            lambda: glossaries.delete("you", made.id),
        ]
        for call in calls:
            with pytest.raises(UnknownGlossary):
                await call()  # type: ignore[misc]
        assert await glossaries.get("me", made.id) == made


async def test_entries_are_merged_or_replaced() -> None:
    with closing(Glossaries(None, LIMITS)) as glossaries:
        made = await glossaries.create("me", "x", {EN_DE: {"a": "1", "b": "2"}})
        await glossaries.put("me", made.id, EN_DE, {"b": "3", "c": "4"}, merge=True)
        assert await glossaries.entries("me", made.id, EN_DE) == "a\t1\nb\t3\nc\t4"
        with pytest.raises(StoreFull, match="more than 3 entries"):
            await glossaries.put("me", made.id, EN_DE, {"d": "5"}, merge=True)
        await glossaries.put("me", made.id, EN_DE, {"d": "5"}, merge=False)
        assert await glossaries.entries("me", made.id, EN_DE) == "d\t5"
        await glossaries.put("me", made.id, DE_EN, {"5": "d"}, merge=True)
        await glossaries.delete_dictionary("me", made.id, EN_DE)
        assert [each.pair for each in (await glossaries.get("me", made.id)).dictionaries] == [DE_EN]
        with pytest.raises(UnknownGlossary, match="no dictionary from en to de"):
            await glossaries.delete_dictionary("me", made.id, EN_DE)


async def test_bounds() -> None:
    def entries(size: int) -> dict[str, str]:
        return {"x": "y" * (size - DICTIONARY_BYTES - 2)}

    with closing(Glossaries(None, LIMITS)) as glossaries:
        with pytest.raises(StoreFull, match="at most 1000 bytes"):
            await glossaries.create("me", "x", {EN_DE: entries(600), DE_EN: entries(401)})
        assert await glossaries.all("me") == []
        first = await glossaries.create("me", "x", {EN_DE: entries(600), DE_EN: entries(400)})
        with pytest.raises(StoreFull, match="limit of 1500 bytes"):
            await glossaries.create("you", "x", {EN_DE: entries(501)})
        await glossaries.create("you", "x", {EN_DE: entries(500)})
        await glossaries.delete("me", first.id)
        for _ in range(2):
            await glossaries.create("me", "x", {EN_DE: entries(300)})
        with pytest.raises(StoreFull, match="2 glossaries are kept"):
            await glossaries.create("me", "x", {})


async def test_a_glossary_is_found_by_name_or_id() -> None:
    with closing(Glossaries(None, LIMITS)) as glossaries:
        made = await glossaries.create("me", "Bills", {})
        assert await glossaries.find("me", "Bills", param="glossary") == made
        assert await glossaries.find("me", made.id, param="glossary") == made
        with pytest.raises(UnknownGlossary, match="no glossary with this name or id") as refused:
            await glossaries.find("me", "bills", param="glossary")
        assert refused.value.param == "glossary"
        await glossaries.create("me", "Bills", {})
        with pytest.raises(InvalidOption, match="2 glossaries have this name"):
            await glossaries.find("me", "Bills", param="glossary")


async def test_terms_are_those_that_may_occur() -> None:
    with closing(Glossaries(None, LIMITS)) as glossaries:
        made = await glossaries.create("me", "x", {EN_DE: {"Bill": "Rechnung", "dog": "Hund", "R&D": "FuE"}})
        terms = await glossaries.terms("me", made.id, EN_DE, ["A bill of R&amp;D."], param="glossary_id")
        assert terms == (Term("Bill", "Rechnung"), Term("R&D", "FuE"))
        with pytest.raises(InvalidOption, match="no dictionary from de to en") as refused:
            await glossaries.terms("me", made.id, DE_EN, ["x"], param="glossary_id")
        assert refused.value.param == "glossary_id"
