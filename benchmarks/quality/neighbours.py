"""The task of neighbours: is a short line of news translated better if the prompt has the lines before it?

The prompts are the service's own, without its second attempts. So the difference is what the neighbours do.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from sacrebleu.metrics.chrf import CHRF

from benchmarks.quality.client import QualityClient, Replies
from benchmarks.quality.samples import ALL_PAIRS, PARALLEL, TextPair, short_lines
from benchmarks.quality.scores import Score
from service.tasks.generation.few_shot import FewShot
from service.tasks.text.languages import find_language
from service.tasks.translation.prompting.pair_prompt import translation_prompt

FILES = tuple(name for files in PARALLEL["NTREX"].values() for name in files)
_ALONE = "alone"
_MOST_TOKENS = 200


@dataclass(frozen=True, slots=True)
class ShortLine:
    """A line, and the two before it in the same file, the nearest one last."""

    pair: TextPair
    before: tuple[str, str]


def measure_scores(client: QualityClient, data: Path, sample: int) -> Iterator[Score]:
    """The scores for ``sample`` short lines of each pair of languages, for each way to show the lines before."""
    for source, target in ALL_PAIRS:
        lines = [ShortLine(pair, before) for pair, before in short_lines(data, (source, target), sample)]
        plain = translation_prompt(find_language(source), find_language(target))
        before = client.post(*_chat([(plain, line.before[-1]) for line in lines]))
        ways: dict[str, list[FewShot]] = {
            _ALONE: [plain] * len(lines),
            "line before, as the last turn": [
                plain.with_example(line.before[-1], reply.chat_text)
                for line, reply in zip(lines, before.replies, strict=True)
            ],
            "two lines before, as context": [
                translation_prompt(find_language(source), find_language(target), context="\n".join(line.before))
                for line in lines
            ],
        }
        alone: list[float] = []
        for way, prompts in ways.items():
            inputs = [line.pair.source for line in lines]
            asked = client.post(*_chat([*zip(prompts, inputs, strict=True)]))
            score, each_chrf = _score(f"NTREX {source}-{target}", way, lines, asked, alone)
            alone = alone or each_chrf
            yield score


def _chat(asked: Sequence[tuple[FewShot, str]]) -> tuple[str, list[dict[str, Any]]]:
    """The requests of greedy chats with these prompts and inputs."""
    bodies = []
    for prompt, input in asked:
        system = [{"role": "system", "content": prompt.instruction}] if prompt.instruction else []
        bodies.append({"messages": [*system, *prompt.turns(input)], "max_tokens": _MOST_TOKENS, "temperature": 0})
    return "/v1/chat/completions", bodies


def _score(
    label: str, way: str, lines: Sequence[ShortLine], asked: Replies, alone: Sequence[float]
) -> tuple[Score, list[float]]:
    """The score of a way, and the chrF2++ of each line. ``alone`` has those without neighbours, if there are any."""
    texts = [reply.chat_text for reply in asked.replies]
    references = [line.pair.reference for line in lines]
    chrf = CHRF(word_order=2)
    each = [chrf.sentence_score(text, [reference]).score for text, reference in zip(texts, references, strict=True)]
    figures: dict[str, float | None] = {
        "chrF2++": None if asked.all_failed else chrf.corpus_score(texts, [references]).score,
        "better": float(sum(a < b for a, b in zip(alone, each, strict=True))) if alone else None,
        "worse": float(sum(a > b for a, b in zip(alone, each, strict=True))) if alone else None,
        "computed tokens": _computed(reply.body for reply in asked.replies),
    }
    score = Score.of(
        asked,
        task="neighbours",
        data=label,
        way=way,
        figures=figures,
        items=[
            {"before": line.before, "source": line.pair.source, "reference": line.pair.reference, "given": text}
            for line, text in zip(lines, texts, strict=True)
        ],
    )
    return score, each


def _computed(bodies: Iterator[Mapping[str, Any]]) -> float | None:
    """The mean of the prompt tokens that no cached prefix had."""
    usages = [body["usage"] for body in bodies if body]
    if not usages:
        return None
    computed = [usage["prompt_tokens"] - usage["prompt_tokens_details"]["cached_tokens"] for usage in usages]
    return fmean(computed)
