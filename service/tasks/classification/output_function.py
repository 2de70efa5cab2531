"""The function from the logits of labels to their scores."""

from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from service.tasks.encoding.activations import identity, sigmoid, softmax
from service.tasks.encoding.files import read_object


class OutputFunction(StrEnum):
    """By the names of Hugging Face's task."""

    SOFTMAX = "softmax"
    SIGMOID = "sigmoid"
    NONE = "none"

    def apply(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """The scores for logits [texts, labels]."""
        return {OutputFunction.SOFTMAX: softmax, OutputFunction.SIGMOID: sigmoid}.get(self, identity)(logits)


def read_output_function(path: Path) -> OutputFunction:
    """The function of transformers' pipeline for the model in this directory: softmax for labels that exclude others.

    Raises OSError or ValueError if config.json cannot be read.
    """
    config = read_object(path / "config.json")
    labels = config.get("id2label")
    count = len(labels) if isinstance(labels, dict) else config.get("num_labels", 2)
    match config.get("problem_type"):
        case "regression":
            return OutputFunction.NONE
        case "multi_label_classification":
            return OutputFunction.SIGMOID
        case _:
            return OutputFunction.SIGMOID if count == 1 else OutputFunction.SOFTMAX
