"""Answers to questions, from documents or from what the model knows."""

from service.tasks.answering.answerer import Answerer
from service.tasks.answering.reader import Reader
from service.tasks.answering.windows import Bounds

__all__ = ["Answerer", "Bounds", "Reader"]
