"""The activation of a cross-encoder: from its logit to the score, as the files of the checkpoint name it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from service.errors import UnsupportedModel
from service.tasks.encoding.activations import identity, sigmoid
from service.tasks.encoding.files import read_object

Activation = Callable[[NDArray[np.float32]], NDArray[np.float32]]


_ACTIVATIONS: dict[str, Activation] = {"Sigmoid": sigmoid, "Identity": identity, "Tanh": np.tanh}


def read_activation(path: Path) -> Activation:
    """The activation of the cross-encoder in a directory; the sigmoid, unless its files name another one.

    The files name a class of PyTorch by its dotted path. A class of other packages is ignored, as sentence-transformers
    does. Raises OSError, ValueError, or UnsupportedModel for another class of PyTorch.
    """
    config = read_object(path / "config.json")
    name = (
        read_object(path / "config_sentence_transformers.json").get("activation_fn")
        or (config.get("sentence_transformers") or {}).get("activation_fn")
        or config.get("sbert_ce_default_activation_function")
    )
    if name is None or not str(name).startswith("torch."):
        return sigmoid
    activation = _ACTIVATIONS.get(str(name).rpartition(".")[2])
    if activation is None:
        raise UnsupportedModel(f"the model's activation {name} is not known here; known: {', '.join(_ACTIVATIONS)}")
    return activation
