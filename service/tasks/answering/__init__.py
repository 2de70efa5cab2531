"""Answers to questions, from documents or from what the model knows.

This package decides what the model or the reader is asked, and which text is the answer. It knows neither HTTP nor
sockets.
"""

from service.tasks.answering.answerer import Answerer
from service.tasks.answering.documents.windows import WindowLimits
from service.tasks.answering.reading.reader import Reader

__all__ = ["Answerer", "Reader", "WindowLimits"]
