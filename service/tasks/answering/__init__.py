"""Answers to questions, from documents or from what the model knows."""

from service.tasks.answering.answerer import Answerer, Bounds

__all__ = ["Answerer", "Bounds"]
