"""A plain copy of what SQuAD 2.0's reference computes from a span head, for comparison.

It computes one window at a time, with transformers' own windows and model, and loops over all pairs of tokens.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForQuestionAnswering, PreTrainedTokenizerFast

Place = tuple[int, int, int]  # document, start, end


@dataclass(frozen=True)
class Reference:
    """The probability of every valid span and of no answer."""

    spans: dict[Place, float]
    none: float

    @property
    def ranked(self) -> list[tuple[Place, float]]:
        return sorted(self.spans.items(), key=lambda each: (-each[1], each[0]))


class ReferenceReader:
    """A model of ``tiny_reader``, loaded by transformers."""

    def __init__(self, path: Path) -> None:
        self._model: Any = AutoModelForQuestionAnswering.from_pretrained(path).eval()
        self._tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(path / "tokenizer.json"), pad_token="[PAD]")
        self._types = getattr(self._model.config, "type_vocab_size", 0) > 1

    def spans(
        self,
        question: str,
        documents: Sequence[str],
        places: Callable[[str, int, int], tuple[int, int] | None],
        *,
        max_length: int,
        stride: int,
        longest: int,
    ) -> Reference:
        """``places`` returns the span of whole words between two characters of a text, or None if there is none."""
        scores: dict[Place, tuple[float, float]] = {}  # with the context of the window it comes from
        none = math.inf
        for number, document in enumerate(documents):
            for offsets, starts, ends in self._windows(question, document, max_length, stride):
                none = min(none, starts[0] + ends[0])
                seen: set[Place] = set()
                tokens = [token for token in sorted(offsets) if document[slice(*offsets[token])].strip()]
                for i in tokens:
                    context = min(i - min(offsets), max(offsets) - i) + 0.01 * len(offsets)
                    for j in [token for token in tokens if token >= i]:
                        place = places(document, offsets[i][0], offsets[j][1])
                        if place is None or place[1] - place[0] > longest:
                            continue
                        key = (number, *place)
                        if key in seen:  # a mark before a word may have a token of its own at the word's place
                            continue
                        seen.add(key)
                        if key not in scores or scores[key][0] < context:
                            scores[key] = context, starts[i] + ends[j]
        total = sum(math.exp(score) for _, score in scores.values()) + math.exp(none)
        spans = {place: math.exp(score) / total for place, (_, score) in scores.items()}
        return Reference(spans, math.exp(none) / total)

    @torch.inference_mode()
    def _windows(self, question: str, document: str, max_length: int, stride: int) -> Any:
        rows = self._tokenizer(
            question,
            document,
            truncation="only_second",
            max_length=max_length,
            stride=stride,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            return_token_type_ids=True,
        )
        for row in range(len(rows["input_ids"])):
            given = {"input_ids": torch.tensor([rows["input_ids"][row]])}
            if self._types:
                given["token_type_ids"] = torch.tensor([rows["token_type_ids"][row]])
            output = self._model(**given)
            second = [index for index, id in enumerate(rows.sequence_ids(row)) if id == 1]
            offsets = {index: rows["offset_mapping"][row][index] for index in second}
            yield offsets, output.start_logits[0].tolist(), output.end_logits[0].tolist()
