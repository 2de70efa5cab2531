"""Sentences and whole documents of news: how near to a human's translation, what is flagged, and what gets lost."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from benchmarks.quality import naive
from benchmarks.quality.asking import Asked, Asker
from benchmarks.quality.samples import PAIRS, PARALLEL, Pair, documents, sentences
from benchmarks.quality.scores import NAIVE, Score, errors, percent

FILES = tuple(name for pairs in PARALLEL.values() for files in pairs.values() for name in files)
_SENTENCES_PER_DOCUMENT = 20  # of the sample, one document


def scores(asker: Asker, data: Path, sample: int) -> Iterator[Score]:
    """``sample`` sentences of each pair of languages, half of them news, and a document for each twenty."""
    for pair in PAIRS:
        texts = {name: sentences(data, name, pair, -(-sample // 2)) for name in PARALLEL}
        texts["documents"] = documents(data, pair, -(-sample // _SENTENCES_PER_DOCUMENT))
        for name, found in texts.items():
            label = f"{name} {pair[0]}-{pair[1]}"
            prompts = [naive.translation(each.source, *pair) for each in found]
            yield naive_score(label, pair[1], found, asker.chat(prompts))
            bodies = [{"text": each.source, "source_lang": pair[0], "target_lang": pair[1]} for each in found]
            yield score(label, pair[1], found, asker.ask("/v1/translate", bodies))


def naive_score(label: str, target: str, pairs: Sequence[Pair], asked: Asked) -> Score:
    texts = [reply.chat_text for reply in asked.replies]
    return _score(label, NAIVE, target, pairs, asked, texts, [[] for _ in texts])


def score(label: str, target: str, pairs: Sequence[Pair], asked: Asked) -> Score:
    translations = [reply.body["translations"][0] if reply.body else {} for reply in asked.replies]
    texts = [str(each.get("text", "")) for each in translations]
    segments = [each.get("segments", []) for each in translations]
    return _score(label, "service", target, pairs, asked, texts, segments)


def _score(
    label: str,
    way: str,
    target: str,
    pairs: Sequence[Pair],
    asked: Asked,
    texts: Sequence[str],
    segments: Sequence[list[dict[str, Any]]],
) -> Score:
    failed = sum(not reply.body for reply in asked.replies)
    references = [[each.reference for each in pairs]]
    everything = [segment for each in segments for segment in each]
    flags = Counter(flag for segment in everything for flag in segment["flags"])
    lost = sum(silently_lost(pair.source, text, each) for pair, text, each in zip(pairs, texts, segments, strict=True))
    lines = sum(lines_lost(pair.source, text) for pair, text in zip(pairs, texts, strict=True))
    answered = failed < len(pairs)
    return Score(
        task="translations",
        data=label,
        way=way,
        count=len(pairs),
        failed=failed,
        errors=errors(asked.replies),
        seconds=asked.seconds / len(pairs),
        figures={
            "chrF2++": CHRF(word_order=2).corpus_score(texts, references).score if answered else None,
            "BLEU": _bleu(target).corpus_score(texts, references).score if answered else None,
            "lines lost": float(lines) if answered else None,
            "segments": float(len(everything)) if everything else None,
            "flagged %": percent(bool(set(each["flags"]) - {"retried"}) for each in everything),
            "retried %": percent("retried" in each["flags"] for each in everything),
            "silently lost": float(lost) if everything else None,
        },
        flags=dict(flags.most_common()),
        items=[
            {"source": pair.source, "reference": pair.reference, "given": text, "segments": each}
            for pair, text, each in zip(pairs, texts, segments, strict=True)
        ],
    )


def _bleu(target: str) -> BLEU:
    """Chinese is split into characters, everything else as the WMT does it."""
    return BLEU(tokenize="zh" if target == "zh" else "13a")


def lines_lost(source: str, text: str) -> int:
    """How many lines with something in them a text has fewer than its source."""
    return max(0, _lines(source) - _lines(text))


def silently_lost(source: str, text: str, segments: Sequence[dict[str, Any]]) -> int:
    """Pieces of ``source`` that are not in the translation ``text``, though no flag says so.

    That is what no segment covers and is more than space and punctuation, a segment that is empty without being flagged
    so, and a segment whose translation is not in the text, in order.
    """
    if not segments:
        return 0
    lost, covered, reached = 0, 0, 0
    for segment in sorted(segments, key=lambda each: each["start"]):
        lost += any(char.isalnum() for char in source[covered : segment["start"]])
        covered = max(covered, segment["end"])
        translated = segment["text"].strip()
        if not translated:
            lost += "empty" not in segment["flags"]
            continue
        found = text.find(translated, reached)
        lost += found < 0
        reached = max(reached, found + len(translated))
    return lost + any(char.isalnum() for char in source[covered:])


def _lines(text: str) -> int:
    return sum(bool(line.strip()) for line in text.splitlines())
