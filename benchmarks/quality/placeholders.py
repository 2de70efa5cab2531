"""Placeholders and tags: does each of them survive translation, and is it told where one does not?"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.quality import naive
from benchmarks.quality.asking import Asked, Asker
from benchmarks.quality.marked import Marked, marked_texts, survives
from benchmarks.quality.scores import NAIVE, Score, errors, percent

TARGETS = ("zh", "fr")
PLACEHOLDER = "placeholder"  # the flag


def scores(asker: Asker, data: Path, sample: int) -> Iterator[Score]:
    """``sample`` texts into each language; they are made here, and ``data`` is not read."""
    made = marked_texts(sample)
    for target in TARGETS:
        asked = asker.chat([naive.marked_translation(each.text, "en", target) for each in made])
        yield _score(target, NAIVE, made, asked, [reply.chat_text for reply in asked.replies], None)
        bodies = [
            {"text": each.text, "source_lang": "en", "target_lang": target, "format": each.format} for each in made
        ]
        yield score(target, made, asker.ask("/v1/translate", bodies))


def score(target: str, texts: Sequence[Marked], asked: Asked) -> Score:
    translations = [reply.body["translations"][0] if reply.body else {} for reply in asked.replies]
    told = [each.get("flags") for each in translations]
    flags = None if all(each is None for each in told) else [each or [] for each in told]
    return _score(target, "service", texts, asked, [str(each.get("text", "")) for each in translations], flags)


def _score(
    target: str,
    way: str,
    texts: Sequence[Marked],
    asked: Asked,
    translated: Sequence[str],
    flags: Sequence[list[str]] | None,
) -> Score:
    """``flags`` is None for a way that has no means to flag: there every loss is a silent one."""
    failed = sum(not reply.body for reply in asked.replies)
    rows = [] if failed == len(texts) else list(zip(texts, translated, strict=True))
    whole = [survives(each, text) for each, text in rows]
    marks = [PLACEHOLDER in each for each in flags] if flags is not None else [False] * len(texts)
    silent = [not survived and not marked for survived, marked in zip(whole, marks, strict=False)]
    return Score(
        task="placeholders",
        data=f"generated en-{target}",
        way=way,
        count=len(texts),
        failed=failed,
        errors=errors(asked.replies),
        seconds=asked.seconds / len(texts),
        figures={
            "each once %": percent(w for w, (each, _) in zip(whole, rows, strict=True) if each.format != "html"),
            "same tags %": percent(w for w, (each, _) in zip(whole, rows, strict=True) if each.format == "html"),
            "flagged %": percent(marks) if flags is not None else None,
            "silent losses": float(sum(silent)) if rows else None,
        },
        items=[
            {"kind": each.kind, "source": each.text, "given": text, "survived": survived}
            for (each, text), survived in zip(rows, whole, strict=True)
        ],
    )
