"""The task of retrieval: is the right one of a thousand passages read, and is the answer as good as from it alone?

The corpus has all paragraphs of XQuAD in one language, and passages of QuAC, cut to a paragraph's length. Without
the file of QuAC it has those of XQuAD alone.
"""

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.quality.client import QualityClient, Replies
from benchmarks.quality.embedded_texts import EmbeddedTexts
from benchmarks.quality.quac import QUAC
from benchmarks.quality.samples import QUESTIONS, Question, answerable_questions
from benchmarks.quality.scores import Score, percent
from benchmarks.quality.squad import exact_match, f1
from service.tasks.answering.extraction.extractor import PASSAGES
from service.tasks.answering.retrieval.retriever import rank_passages
from service.tasks.answering.scorer import BM25_ALONE, PassageScorers

FILES = tuple(QUESTIONS.values())
_PASSAGES = 1000
_CHARACTERS = 800  # of a passage of QuAC
_ALL = 1 << 20  # more questions than there are
_RANKED_PER_ANSWER = 3  # ranking needs no model, so more questions are ranked than answered


def measure_scores(client: QualityClient, data: Path, sample: int) -> Iterator[Score]:
    """The scores of BM25 alone, of answers from the right passage alone, and of answers from the corpus.

    If the server has an embedder, there is a score of BM25 with it too, and it helps the answers from the corpus.
    """
    embedder = client.model_that("embed")
    for language in QUESTIONS:
        passages = corpus(data, language)
        ranked = answerable_questions(data, language, sample * _RANKED_PER_ANSWER)
        yield score_ranking(language, "BM25", passages, ranked, BM25_ALONE)
        if embedder is not None:
            scorers = PassageScorers(EmbeddedTexts(client, embedder, [each.question for each in ranked], passages))
            yield score_ranking(language, f"BM25, {embedder}", passages, ranked, scorers)
        questions = answerable_questions(data, language, sample)
        documents = [{"id": str(number), "text": passage} for number, passage in enumerate(passages)]
        for way, bodies in (
            ("the right passage", [{"question": each.question, "context": each.context} for each in questions]),
            (f"of {len(passages)}", [{"question": each.question, "documents": documents} for each in questions]),
        ):
            asked = client.post("/v1/answer", [body | {"no_answer_threshold": 1.0} for body in bodies])
            yield score_answers(language, way, questions, asked, passages)


def corpus(data: Path, language: str) -> list[str]:
    """The paragraphs of XQuAD in the language, and passages of QuAC up to a thousand."""
    passages = [question.context for question in answerable_questions(data, language, _ALL)]
    if (data / QUAC).is_file():
        lines = (data / QUAC).read_text(encoding="utf-8").splitlines()
        passages += [json.loads(line)["passage"][:_CHARACTERS] for line in lines]
    return list(dict.fromkeys(passages))[:_PASSAGES]


def score_ranking(
    language: str, way: str, passages: Sequence[str], questions: Sequence[Question], scorers: PassageScorers
) -> Score:
    """How often the right passage is ranked among the first."""
    begin = time.perf_counter()
    places = []
    for each in questions:
        right = passages.index(each.context)
        best = asyncio.run(rank_passages(each.question, passages, PASSAGES, scorers)).indices
        places.append(best.index(right) if right in best else PASSAGES)
    return Score(
        task="retrieval",
        data=f"XQuAD {language}",
        way=f"{way} of {len(passages)}",
        count=len(questions),
        failed=0,
        errors=[],
        seconds=(time.perf_counter() - begin) / len(questions),
        figures={f"in the first {count} %": percent(place < count for place in places) for count in (1, 5, PASSAGES)},
    )


def score_answers(
    language: str, way: str, questions: Sequence[Question], asked: Replies, passages: Sequence[str]
) -> Score:
    """Exact match, F1, and how often the answer is in the right document. Failed requests answer nothing."""
    rows = [
        (question, str(reply.body.get("answer") or ""), reply.body.get("document"))
        for question, reply in zip(questions, asked.replies, strict=True)
    ]
    found = [passages[int(document)] == question.context for question, _, document in rows if document is not None]
    return Score.of(
        asked,
        task="retrieval",
        data=f"XQuAD {language}",
        way=way,
        figures={
            "exact match %": percent(exact_match(answer, question.answers, language) for question, answer, _ in rows),
            "F1 %": percent(f1(answer, question.answers, language) for question, answer, _ in rows),
            "right document %": percent(found),
        },
        items=[{"id": question.id, "due": question.answers, "given": answer} for question, answer, _ in rows],
    )
