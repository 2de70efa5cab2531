"""Plans how a GGUF file's tensors become one ``model.safetensors``.

Matrices in the formats of ``block_types.KEPT`` keep their bytes, and the vectors beside them become float32. Weights in
other formats become bfloat16; float32 and float16 stay. The model is refused unless every tensor of the file has a
place in the model and every place has a tensor.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from math import prod
from typing import Any

import numpy as np
from gguf import GGMLQuantizationType
from numpy.typing import NDArray

from model_store.convert.block_types import finite_blocks, is_kept
from model_store.convert.config import DecoderShape
from model_store.convert.gguf_file import GgufFile, GgufTensor, unpacked
from model_store.convert.safetensors_file import NumberType, PlannedTensor
from model_store.errors import ModelRefused

_CHUNK = 1 << 20  # values that are read at a time
_TIED = 0.25  # relative: two quantizations of one matrix differ by a few percent, two matrices by more than 100 %

_UNQUANTIZED = {GGMLQuantizationType.F32: NumberType.FLOAT32, GGMLQuantizationType.F16: NumberType.FLOAT16}

EMBEDDING, HEAD = "token_embd.weight", "output.weight"
_LAYER = {
    "attn_norm.weight": "input_layernorm.weight",
    "attn_q.weight": "self_attn.q_proj.weight",
    "attn_k.weight": "self_attn.k_proj.weight",
    "attn_v.weight": "self_attn.v_proj.weight",
    "attn_output.weight": "self_attn.o_proj.weight",
    "ffn_norm.weight": "post_attention_layernorm.weight",
    "ffn_gate.weight": "mlp.gate_proj.weight",
    "ffn_up.weight": "mlp.up_proj.weight",
    "ffn_down.weight": "mlp.down_proj.weight",
}
_BIASES = {
    "attn_q.bias": "self_attn.q_proj.bias",
    "attn_k.bias": "self_attn.k_proj.bias",
    "attn_v.bias": "self_attn.v_proj.bias",
}
_OUTPUT_BIAS = {"attn_output.bias": "self_attn.o_proj.bias"}
_HEAD_NORMS = {
    "attn_q_norm.weight": "self_attn.q_norm.weight",
    "attn_k_norm.weight": "self_attn.k_norm.weight",
}
_FOUR_NORMS = {
    "attn_norm.weight": "input_layernorm.weight",
    "post_attention_norm.weight": "post_attention_layernorm.weight",
    "ffn_norm.weight": "pre_feedforward_layernorm.weight",
    "post_ffw_norm.weight": "post_feedforward_layernorm.weight",
}


def has_attention_bias(file: GgufFile) -> bool:
    """Whether the attention's linear layers add a bias."""
    return "blk.0.attn_q.bias" in file.tensors


def number_type(file: GgufFile) -> NumberType:
    """The type of most numbers in the file; bfloat16 for quantized ones. The service computes in this type."""
    counts: Counter[NumberType] = Counter()
    for tensor in file.tensors.values():
        counts[_UNQUANTIZED.get(tensor.type, NumberType.BFLOAT16)] += prod(tensor.shape)
    return max(counts, key=lambda kind: counts[kind])


def is_tied(file: GgufFile) -> bool:
    """Whether the embedding and the output matrix are the same.

    Some files store a tied matrix twice, in two quantizations. A sample of rows is compared to find out.
    """
    if HEAD not in file.tensors:
        return True
    embedding, head = file.tensors[EMBEDDING], file.tensors[HEAD]
    if embedding.shape != head.shape:
        raise ModelRefused("the GGUF file's embedding and output matrix have different shapes")
    samples = range(0, head.shape[0], max(1, head.shape[0] // 64))
    head_rows = np.concatenate([file.rows(head, row, row + 1) for row in samples])
    embedding_rows = np.concatenate([file.rows(embedding, row, row + 1) for row in samples])
    return bool(np.linalg.norm(head_rows - embedding_rows) <= _TIED * np.linalg.norm(head_rows))


def plan_weights(file: GgufFile, shape: DecoderShape, *, tied: bool) -> list[PlannedTensor]:
    """All tensors of the model. Raises ModelRefused; so do their chunks."""
    names = _names(file, shape, tied)
    sources = dict(file.tensors)
    if tied and HEAD in sources:  # keep the copy with the finer quantization
        head = sources.pop(HEAD)
        sources[EMBEDDING] = max(sources[EMBEDDING], head, key=lambda tensor: tensor.size)
    if missing := names.keys() - sources.keys():
        raise ModelRefused(f"the GGUF file lacks {', '.join(sorted(missing))}")
    if unknown := sources.keys() - names.keys():
        raise ModelRefused(f"the GGUF file has tensors that are not converted: {', '.join(sorted(unknown))}")
    expected = _shapes(shape, sources[EMBEDDING].shape[0])
    planned = []
    find_type = _type_finder(file, list(sources.values()))
    for source, name in names.items():
        tensor = sources[source]
        wanted = expected[source.rsplit(".", 2)[-2] + "." + source.rsplit(".", 1)[-1]]
        if tensor.shape != wanted:
            raise ModelRefused(f"the GGUF file's {source} is {tensor.shape}, its description says {wanted}")
        chunks = _chunks(file, shape, source, tensor)
        if is_kept(tensor):
            packed = file.packed(tensor).shape
            planned.append(PlannedTensor(name, packed, chunks, NumberType.BYTE, block_type=tensor.type.name))
        else:
            planned.append(PlannedTensor(name, tensor.shape, chunks, find_type(tensor)))
    return planned


def _type_finder(file: GgufFile, tensors: list[GgufTensor]) -> Callable[[GgufTensor], NumberType]:
    """A function that gives the type in which a tensor is written, unless it is kept.

    Beside quantized matrices each tensor has a type of its own. Without any, all get that of most numbers.
    """
    most = number_type(file)
    if not any(map(is_kept, tensors)):
        return lambda _: most
    return lambda tensor: (
        NumberType.FLOAT32 if len(tensor.shape) == 1 else _UNQUANTIZED.get(tensor.type, NumberType.BFLOAT16)
    )


def _names(file: GgufFile, shape: DecoderShape, tied: bool) -> dict[str, str]:
    """The names of all tensors of the model: GGUF's name -> transformers' name."""
    layer = dict(_LAYER)
    if shape.architecture == "qwen2" or has_attention_bias(file):
        layer |= _BIASES
        if shape.architecture != "qwen2":
            layer |= _OUTPUT_BIAS
    if shape.architecture in {"qwen3", "gemma3"}:
        layer |= _HEAD_NORMS
    if shape.architecture == "gemma3":
        layer |= _FOUR_NORMS
    names = {EMBEDDING: "model.embed_tokens.weight"}
    for index in range(shape.layers):
        names |= {f"blk.{index}.{theirs}": f"model.layers.{index}.{ours}" for theirs, ours in layer.items()}
    names["output_norm.weight"] = "model.norm.weight"
    return names if tied else names | {HEAD: "lm_head.weight"}


def _shapes(shape: DecoderShape, vocab_size: int) -> dict[str, tuple[int, ...]]:
    """The expected shape of each tensor, by the last two parts of its GGUF name."""
    queries, keys = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    return {
        EMBEDDING: (vocab_size, shape.hidden),
        HEAD: (vocab_size, shape.hidden),
        "output_norm.weight": (shape.hidden,),
        "attn_norm.weight": (shape.hidden,),
        "ffn_norm.weight": (shape.hidden,),
        "post_attention_norm.weight": (shape.hidden,),
        "post_ffw_norm.weight": (shape.hidden,),
        "attn_q.weight": (queries, shape.hidden),
        "attn_k.weight": (keys, shape.hidden),
        "attn_v.weight": (keys, shape.hidden),
        "attn_output.weight": (shape.hidden, queries),
        "attn_q.bias": (queries,),
        "attn_k.bias": (keys,),
        "attn_v.bias": (keys,),
        "attn_output.bias": (shape.hidden,),
        "attn_q_norm.weight": (shape.head_dim,),
        "attn_k_norm.weight": (shape.head_dim,),
        "ffn_gate.weight": (shape.intermediate, shape.hidden),
        "ffn_up.weight": (shape.intermediate, shape.hidden),
        "ffn_down.weight": (shape.hidden, shape.intermediate),
    }


def _chunks(
    file: GgufFile, shape: DecoderShape, source: str, tensor: GgufTensor
) -> Callable[[], Iterable[NDArray[Any]]]:
    """A function that yields the tensor ``source`` in chunks, in transformers' order: packed if its format is kept."""
    part = source.rsplit(".", 2)[-2]
    order = np.arange(tensor.shape[0])
    if shape.architecture == "llama" and part in {"attn_q", "attn_k"}:
        order = _unpermuted(order, shape.heads if part == "attn_q" else shape.kv_heads)
    if len(tensor.shape) == 1:
        minus_one = shape.architecture == "gemma3" and part.endswith("norm")
        return partial(_vector, file, tensor, order, np.float32(1 if minus_one else 0))
    return partial(_row_chunks, file, tensor, order)


def _row_chunks(file: GgufFile, tensor: GgufTensor, order: NDArray[np.int64]) -> Iterable[NDArray[Any]]:
    packed = file.packed(tensor)
    step = max(1, _CHUNK // tensor.shape[-1])
    for start in range(0, len(order), step):
        rows = packed[order[start : start + step]]
        yield finite_blocks(rows, tensor) if is_kept(tensor) else _finite(unpacked(rows, tensor), tensor)


def _vector(
    file: GgufFile, tensor: GgufTensor, order: NDArray[np.int64], subtracted: np.float32
) -> Iterable[NDArray[np.float32]]:
    """The one chunk of a vector. llama.cpp multiplies by the weight of Gemma's norms, transformers by that plus one."""
    yield _finite(file.rows(tensor), tensor)[order] - subtracted


def _unpermuted(rows: NDArray[np.int64], heads: int) -> NDArray[np.int64]:
    """The rows in transformers' order.

    llama.cpp rotates neighbouring pairs, transformers the two halves of a head. So rows of GGUF's llama are interleaved
    within each head, and so are the numbers of a bias.
    """
    return rows.reshape(heads, -1, 2).swapaxes(1, 2).reshape(-1)


def _finite(values: NDArray[np.float32], tensor: GgufTensor) -> NDArray[np.float32]:
    if not np.isfinite(values).all():
        raise ModelRefused(f"the GGUF file's {tensor.name} holds values that are not numbers")
    return values
