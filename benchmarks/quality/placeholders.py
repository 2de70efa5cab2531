"""The task of placeholders: do placeholders and tags survive a translation, and is a loss flagged?"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.quality.client import QualityClient, Replies
from benchmarks.quality.marked_texts import MarkedText, make_marked_texts, survives
from benchmarks.quality.naive import translation_prompt
from benchmarks.quality.scores import NAIVE, Score, percent
from service.tasks.translation.quality.flags import Flag

SOURCE = "en"
TARGETS = ("zh", "fr")


def measure_scores(client: QualityClient, data: Path, sample: int) -> Iterator[Score]:
    """The scores for ``sample`` texts into each language. The texts are made here, so ``data`` is not read."""
    texts = make_marked_texts(sample)
    for target in TARGETS:
        asked = client.chat([translation_prompt(each.text, SOURCE, target, is_marked=True) for each in texts])
        yield _score(target, NAIVE, texts, asked, [reply.chat_text for reply in asked.replies], None)
        bodies = [
            {"text": each.text, "source_lang": SOURCE, "target_lang": target, "format": each.format} for each in texts
        ]
        yield score_service(target, texts, client.post("/v1/translate", bodies))


def score_service(target: str, texts: Sequence[MarkedText], asked: Replies) -> Score:
    """The score of the service's translations."""
    translations = [reply.body["translations"][0] if reply.body else {} for reply in asked.replies]
    known = [each.get("flags") for each in translations]
    flags = None if all(each is None for each in known) else [each or [] for each in known]
    return _score(target, "service", texts, asked, [str(each.get("text", "")) for each in translations], flags)


def _score(
    target: str,
    way: str,
    texts: Sequence[MarkedText],
    asked: Replies,
    translated: Sequence[str],
    flags: Sequence[list[str]] | None,
) -> Score:
    """``flags`` is None for a way that has no flags: there every loss is silent."""
    rows = [] if asked.all_failed else list(zip(texts, translated, strict=True))
    survived = [survives(each, text) for each, text in rows]
    flagged = [Flag.PLACEHOLDER in each for each in flags] if flags is not None else [False] * len(texts)
    silent = [not whole and not flag for whole, flag in zip(survived, flagged, strict=False)]
    return Score.of(
        asked,
        task="placeholders",
        data=f"generated {SOURCE}-{target}",
        way=way,
        figures={
            "each once %": percent(s for s, (each, _) in zip(survived, rows, strict=True) if each.format != "html"),
            "same tags %": percent(s for s, (each, _) in zip(survived, rows, strict=True) if each.format == "html"),
            "flagged %": percent(flagged) if flags is not None else None,
            "silent losses": float(sum(silent)) if rows else None,
        },
        items=[
            {"kind": each.kind, "source": each.text, "given": text, "survived": whole}
            for (each, text), whole in zip(rows, survived, strict=True)
        ],
    )
