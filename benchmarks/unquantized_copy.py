"""Copies of models for programs that read unquantized safetensors only: ``python -m benchmarks.unquantized_copy``.

The model store keeps the quantized matrices of a GGUF file, in a form that only this service reads.
"""

import argparse
import shutil
from pathlib import Path

import torch

from service.models.hf.checkpoint import load_language_model

_WEIGHTS = {".safetensors"}
_REWRITTEN = {"config.json", "model.safetensors.index.json", "trivium.json"}


def unquantized_copy(model: Path, directory: Path, dtype: torch.dtype = torch.bfloat16) -> Path:
    """Write the model in the directory ``model`` into ``directory`` with dequantized weights, and return that."""
    directory.mkdir(parents=True, exist_ok=True)
    load_language_model(str(model), dtype).save_pretrained(directory)
    for file in model.iterdir():
        if file.is_file() and file.suffix not in _WEIGHTS and file.name not in _REWRITTEN:
            shutil.copy(file, directory)
    return directory


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write a copy of a model with bfloat16 weights.")
    parser.add_argument("model", type=Path, help="directory of a model in the store")
    parser.add_argument("directory", type=Path, help="directory that is written")
    arguments = parser.parse_args()
    unquantized_copy(arguments.model, arguments.directory)
