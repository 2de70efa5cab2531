"""The task of translations: sentences and documents, how near they are to a human's, their flags, and lost parts."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from benchmarks.quality.client import QualityClient, Replies
from benchmarks.quality.naive import translation_prompt
from benchmarks.quality.samples import PAIRS, PARALLEL, TextPair, documents, sentences
from benchmarks.quality.scores import NAIVE, SERVICE_WAYS, Score, percent
from service.tasks.translation.quality.flags import Flag

FILES = tuple(name for pairs in PARALLEL.values() for files in pairs.values() for name in files)
_SENTENCES_PER_DOCUMENT = 20  # in the sample


def measure_scores(client: QualityClient, data: Path, sample: int) -> Iterator[Score]:
    """The scores for ``sample`` sentences of each pair of languages, half of them news, and for documents."""
    for source, target in PAIRS:
        pair = (source, target)
        samples = {corpus: sentences(data, corpus, pair, -(-sample // 2)) for corpus in PARALLEL}
        samples["documents"] = documents(data, pair, -(-sample // _SENTENCES_PER_DOCUMENT))
        for name, texts in samples.items():
            label = f"{name} {source}-{target}"
            prompts = [translation_prompt(each.source, source, target) for each in texts]
            yield score_naive(label, target, texts, client.chat(prompts))
            fields = {"source_lang": source, "target_lang": target}
            for way, quality in SERVICE_WAYS.items():
                bodies = [{"text": each.source, "quality": quality} | fields for each in texts]
                yield score_service(label, way, target, texts, client.post("/v1/translate", bodies))


def score_naive(label: str, target: str, pairs: Sequence[TextPair], asked: Replies) -> Score:
    """The score of the replies to plain prompts."""
    texts = [reply.chat_text for reply in asked.replies]
    return _score(label, NAIVE, target, pairs, asked, texts, [[] for _ in texts])


def score_service(label: str, way: str, target: str, pairs: Sequence[TextPair], asked: Replies) -> Score:
    """The score of the service's translations."""
    translations = [reply.body["translations"][0] if reply.body else {} for reply in asked.replies]
    texts = [str(each.get("text", "")) for each in translations]
    segments = [each.get("segments", []) for each in translations]
    return _score(label, way, target, pairs, asked, texts, segments)


def _score(
    label: str,
    way: str,
    target: str,
    pairs: Sequence[TextPair],
    asked: Replies,
    texts: Sequence[str],
    segments: Sequence[list[dict[str, Any]]],
) -> Score:
    references = [[each.reference for each in pairs]]
    all_segments = [segment for each in segments for segment in each]
    flags = Counter(flag for segment in all_segments for flag in segment["flags"])
    lost = sum(silently_lost(pair.source, text, each) for pair, text, each in zip(pairs, texts, segments, strict=True))
    lines = sum(lines_lost(pair.source, text) for pair, text in zip(pairs, texts, strict=True))
    has_texts = not asked.all_failed
    return Score.of(
        asked,
        task="translations",
        data=label,
        way=way,
        figures={
            "chrF2++": CHRF(word_order=2).corpus_score(texts, references).score if has_texts else None,
            "BLEU": _bleu(target).corpus_score(texts, references).score if has_texts else None,
            "lines lost": float(lines) if has_texts else None,
            "segments": float(len(all_segments)) if all_segments else None,
            "flagged %": percent(bool(set(each["flags"]) - {Flag.RETRIED}) for each in all_segments),
            "retried %": percent(Flag.RETRIED in each["flags"] for each in all_segments),
            "silently lost": float(lost) if all_segments else None,
        },
        flags=dict(flags.most_common()),
        items=[
            {"source": pair.source, "reference": pair.reference, "given": text, "segments": each}
            for pair, text, each in zip(pairs, texts, segments, strict=True)
        ],
    )


def _bleu(target: str) -> BLEU:
    """BLEU with characters as words for Chinese, and with the WMT's tokenizer for other languages."""
    return BLEU(tokenize="zh" if target == "zh" else "13a")


def lines_lost(source: str, text: str) -> int:
    """How many fewer non-empty lines a translation has than its source."""
    return max(0, _num_lines(source) - _num_lines(text))


def silently_lost(source: str, text: str, segments: Sequence[dict[str, Any]]) -> int:
    """The number of parts of ``source`` that the translation ``text`` lacks without a flag.

    These are: a part with letters or digits that no segment covers; an empty translation of a segment without the flag
    for it; and a segment whose translation is not in the text, in order.
    """
    if not segments:
        return 0
    lost, covered, reached = 0, 0, 0
    for segment in sorted(segments, key=lambda each: each["start"]):
        lost += any(char.isalnum() for char in source[covered : segment["start"]])
        covered = max(covered, segment["end"])
        translated = segment["text"].strip()
        if not translated:
            lost += Flag.EMPTY not in segment["flags"]
            continue
        found = text.find(translated, reached)
        lost += found < 0
        reached = max(reached, found + len(translated))
    return lost + any(char.isalnum() for char in source[covered:])


def _num_lines(text: str) -> int:
    return sum(bool(line.strip()) for line in text.splitlines())
