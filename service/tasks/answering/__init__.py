"""Answers to questions, from a context or from what the model knows."""

from service.tasks.answering.answerer import Answerer

__all__ = ["Answerer"]
