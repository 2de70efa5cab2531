"""Converts a GGUF file to a model directory."""

from pathlib import Path

from model_store.convert import safetensors_file
from model_store.convert.config import make_config, make_generation_config, read_shape, to_json
from model_store.convert.gguf_file import GgufFile
from model_store.convert.tokenizer import build_tokenizer, make_tokenizer_config
from model_store.convert.weights import EMBEDDING, has_attention_bias, is_tied, number_type, plan_weights
from model_store.errors import ModelRefused


def convert(path: Path, directory: Path) -> None:
    """Write the GGUF file's model into ``directory``: safetensors, tokenizer, configs, chat template.

    Memory is bounded by a few chunks and the vocabulary. Raises ModelRefused for unknown content, and NotEnoughSpace.
    """
    with GgufFile(path) as file:
        shape = read_shape(file)
        tokenizer = build_tokenizer(file)
        if EMBEDDING not in file.tensors:
            raise ModelRefused(f"the GGUF file lacks {EMBEDDING}")
        vocab_size, tied = file.tensors[EMBEDDING].shape[0], is_tied(file)
        if vocab_size < len(file.metadata["tokenizer.ggml.tokens"]):
            raise ModelRefused("the GGUF file has more tokens than embeddings")
        tensors = plan_weights(file, shape, tied=tied)
        config = make_config(
            file,
            shape,
            vocab_size=vocab_size,
            tied=tied,
            attention_bias=has_attention_bias(file),
            dtype=number_type(file),
            block_types={tensor.name: tensor.block_type for tensor in tensors if tensor.block_type},
        )
        texts = {
            "config.json": to_json(config),
            "generation_config.json": to_json(make_generation_config(file)),
            "tokenizer.json": tokenizer.to_str(),
            "tokenizer_config.json": to_json(make_tokenizer_config(file, shape.context)),
        }
        if template := file.metadata.get("tokenizer.chat_template"):
            texts["chat_template.jinja"] = template
        for name, text in texts.items():
            (directory / name).write_text(text, encoding="utf-8", newline="")
        safetensors_file.write(directory / "model.safetensors", tensors, f"converting {path.name}")
