"""Plans how the variables of a Whisper model of CTranslate2 become one ``model.safetensors``.

CTranslate2 has the queries, keys and values of a self-attention in one matrix, and the keys and values of a
cross-attention too. Its keys have a bias, which is zero; transformers' have none. Numbers stay as they are. The model
is refused unless every variable has a place in the model and every place has a variable.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from model_store.convert.ctranslate2.binary_file import BinaryFile
from model_store.convert.safetensors_file import PlannedTensor
from model_store.errors import ModelRefused

EMBEDDING = "decoder/embeddings/weight"
_HEAD = "decoder/projection/weight"
_GELU = 3
_SETTINGS = {  # what the variables without dimensions must be
    "decoder/activation": _GELU,
    "decoder/alibi": 0,
    "decoder/pre_norm": 1,
    "decoder/scale_embeddings": 0,
    "decoder/start_from_zero_embedding": 0,
}
_UNUSED = {"decoder/alignment_heads", "decoder/alignment_layer", "encoder/num_heads", "decoder/num_heads"}


@dataclass(frozen=True, slots=True)
class WhisperShape:
    """The sizes of a Whisper model."""

    mels: int
    hidden: int
    encoder_layers: int
    decoder_layers: int
    heads: int
    encoder_intermediate: int
    decoder_intermediate: int
    source_positions: int
    target_positions: int
    vocab_size: int


@dataclass(frozen=True, slots=True)
class _Piece:
    """Rows of a variable that are a tensor of the model."""

    variable: str
    shape: tuple[int, ...]  # of the whole variable
    start: int
    stop: int


def read_shape(file: BinaryFile) -> WhisperShape:
    """The model's sizes. Raises ModelRefused if the file has no Whisper model, or one with unknown settings."""
    if file.specification != ("WhisperSpec", 3):
        raise ModelRefused(f"CTranslate2's {file.specification[0]} is not converted, only WhisperSpec")
    for name, value in _SETTINGS.items():
        if file.number(name) != value:
            raise ModelRefused(f"the model of CTranslate2 has {name} = {file.number(name)}, which is not converted")
    if file.aliases != {_HEAD: EMBEDDING}:
        raise ModelRefused("the output matrix of the Whisper model is not its embedding")
    heads = file.number("encoder/num_heads")
    if file.number("decoder/num_heads") != heads:
        raise ModelRefused("the encoder and the decoder of the Whisper model differ in their heads")
    try:
        return WhisperShape(
            mels=file.variables["encoder/conv1/weight"].shape[1],
            hidden=file.variables["encoder/conv1/weight"].shape[0],
            encoder_layers=_layers(file, "encoder"),
            decoder_layers=_layers(file, "decoder"),
            heads=heads,
            encoder_intermediate=file.variables["encoder/layer_0/ffn/linear_0/weight"].shape[0],
            decoder_intermediate=file.variables["decoder/layer_0/ffn/linear_0/weight"].shape[0],
            source_positions=file.variables["encoder/position_encodings/encodings"].shape[0],
            target_positions=file.variables["decoder/position_encodings/encodings"].shape[0],
            vocab_size=file.variables[EMBEDDING].shape[0],
        )
    except (KeyError, IndexError) as error:
        raise ModelRefused(f"the Whisper model of CTranslate2 lacks {error}") from error


def plan_weights(file: BinaryFile, shape: WhisperShape) -> list[PlannedTensor]:
    """The tensors of the model under transformers' names. Raises ModelRefused if the variables are not these."""
    pieces = _pieces(shape)
    used = {piece.variable for piece in pieces.values()} | _UNUSED | _SETTINGS.keys()
    known = used | {f"{name}_scale" for name in used}
    if missing := used - file.variables.keys():
        raise ModelRefused(f"the Whisper model of CTranslate2 lacks {', '.join(sorted(missing))}")
    if unknown := file.variables.keys() - known:
        raise ModelRefused(f"the Whisper model of CTranslate2 has unknown variables: {', '.join(sorted(unknown))}")
    planned = []
    for name, piece in pieces.items():
        if file.variables[piece.variable].shape != piece.shape:
            raise ModelRefused(f"{piece.variable} is {file.variables[piece.variable].shape}, not {piece.shape}")
        if name.endswith("k_proj.bias"):
            _require_zeros(file, piece)
            continue
        planned.append(
            PlannedTensor(
                name,
                (piece.stop - piece.start, *piece.shape[1:]),
                partial(file.chunks, piece.variable, piece.start, piece.stop),
                file.number_type(piece.variable),
            )
        )
    return planned


def _layers(file: BinaryFile, stack: str) -> int:
    prefix = f"{stack}/layer_"
    numbers = {name.removeprefix(prefix).split("/")[0] for name in file.variables if name.startswith(prefix)}
    return len(numbers - {"norm"})  # the norm behind the layers is named layer_norm


def _pieces(shape: WhisperShape) -> dict[str, _Piece]:
    """All tensors of the model, and the biases of the keys: transformers' name -> rows of a variable."""
    hidden = shape.hidden
    pieces: dict[str, _Piece] = {}

    def put(name: str, variable: str, *sizes: int) -> None:
        pieces[name] = _Piece(variable, sizes, 0, sizes[0])

    def put_linear(names: tuple[str, ...], variable: str, rows: int, columns: int) -> None:
        """A matrix and its bias; with several names, each has its share of the rows."""
        for part, sizes in (("weight", (rows, columns)), ("bias", (rows,))):
            for index, name in enumerate(names):
                share = rows // len(names)
                pieces[f"{name}.{part}"] = _Piece(f"{variable}/{part}", sizes, index * share, (index + 1) * share)

    def put_norm(name: str, variable: str) -> None:
        put(f"{name}.weight", f"{variable}/gamma", hidden)
        put(f"{name}.bias", f"{variable}/beta", hidden)

    def put_layer(ours: str, theirs: str, intermediate: int, cross: bool) -> None:
        attention, qkv = f"{ours}.self_attn", ("q_proj", "k_proj", "v_proj")
        put_norm(f"{attention}_layer_norm", f"{theirs}/self_attention/layer_norm")
        put_linear(
            tuple(f"{attention}.{each}" for each in qkv), f"{theirs}/self_attention/linear_0", 3 * hidden, hidden
        )
        put_linear((f"{attention}.out_proj",), f"{theirs}/self_attention/linear_1", hidden, hidden)
        if cross:
            attention = f"{ours}.encoder_attn"
            put_norm(f"{attention}_layer_norm", f"{theirs}/attention/layer_norm")
            put_linear((f"{attention}.q_proj",), f"{theirs}/attention/linear_0", hidden, hidden)
            kv = (f"{attention}.k_proj", f"{attention}.v_proj")
            put_linear(kv, f"{theirs}/attention/linear_1", 2 * hidden, hidden)
            put_linear((f"{attention}.out_proj",), f"{theirs}/attention/linear_2", hidden, hidden)
        put_norm(f"{ours}.final_layer_norm", f"{theirs}/ffn/layer_norm")
        put_linear((f"{ours}.fc1",), f"{theirs}/ffn/linear_0", intermediate, hidden)
        put_linear((f"{ours}.fc2",), f"{theirs}/ffn/linear_1", hidden, intermediate)

    for number, channels in ((1, shape.mels), (2, hidden)):
        put(f"model.encoder.conv{number}.weight", f"encoder/conv{number}/weight", hidden, channels, 3)
        put(f"model.encoder.conv{number}.bias", f"encoder/conv{number}/bias", hidden)
    put("model.encoder.embed_positions.weight", "encoder/position_encodings/encodings", shape.source_positions, hidden)
    put("model.decoder.embed_positions.weight", "decoder/position_encodings/encodings", shape.target_positions, hidden)
    put("model.decoder.embed_tokens.weight", EMBEDDING, shape.vocab_size, hidden)
    for index in range(shape.encoder_layers):
        put_layer(f"model.encoder.layers.{index}", f"encoder/layer_{index}", shape.encoder_intermediate, False)
    for index in range(shape.decoder_layers):
        put_layer(f"model.decoder.layers.{index}", f"decoder/layer_{index}", shape.decoder_intermediate, True)
    for stack in ("encoder", "decoder"):
        put_norm(f"model.{stack}.layer_norm", f"{stack}/layer_norm")
    return pieces


def _require_zeros(file: BinaryFile, piece: _Piece) -> None:
    if any(np.any(chunk) for chunk in file.chunks(piece.variable, piece.start, piece.stop)):
        raise ModelRefused(f"the keys of {piece.variable} have a bias, and Whisper's have none")
