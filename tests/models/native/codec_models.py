"""Tiny random encoder-decoders of every family, and steps of them as the engine would make them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import AutoConfig, AutoModelForSeq2SeqLM, AutoModelForSpeechSeq2Seq, PreTrainedModel

from service.engine.attention.kv_cache import KVCache
from service.models.contracts.encoder_decoder_layout import EncoderDecoderLayout, Stack
from service.models.contracts.layer_spec import LayerSpec
from service.models.contracts.step_view import Ints
from service.models.encoder_decoder import families
from service.models.native.encoder_decoder import NativeEncoderDecoder
from service.models.native.encoder_decoder_weights import StackTables
from tests.engine.tiny_models import randomize_weights

VOCABULARY = 90
POSITIONS = 400  # of the tables of absolute positions
SOURCE_POSITIONS = 30  # of Whisper's encoder, whose sources all have this length

_BART = {
    "d_model": 64,
    "encoder_layers": 2,
    "decoder_layers": 3,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 100,
    "decoder_ffn_dim": 100,
    "max_position_embeddings": POSITIONS,
    "scale_embedding": True,
    "pad_token_id": 1,
    "decoder_start_token_id": 2,
}
_T5 = {"d_model": 72, "d_kv": 32, "num_heads": 2, "d_ff": 100, "num_layers": 2, "num_decoder_layers": 3}
_T5 |= {"relative_attention_num_buckets": 8, "relative_attention_max_distance": 20, "decoder_start_token_id": 0}
_WHISPER = {"num_mel_bins": 20, "max_source_positions": SOURCE_POSITIONS, "max_target_positions": POSITIONS}
FAMILIES: dict[str, dict[str, Any]] = {
    "bart": _BART,
    "m2m_100": _BART | {"activation_function": "relu"},
    "marian": _BART | {"activation_function": "swish"},
    "marian with two vocabularies": _BART
    | {"share_encoder_decoder_embeddings": False, "decoder_vocab_size": 70, "tie_word_embeddings": False},
    "mbart": _BART | {"scale_embedding": False},
    "pegasus": _BART,
    "t5": _T5,
    "t5 gated": _T5 | {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False},
    "mt5": _T5,
    "umt5": _T5,
    "whisper": _BART | _WHISPER | {"scale_embedding": False},
}


def build_codec(name: str, **fields: Any) -> PreTrainedModel:
    """A random model of a family, none of whose biases and normalizations is zero or one."""
    model_type = name.partition(" ")[0]
    config = AutoConfig.for_model(model_type, **({"vocab_size": VOCABULARY} | FAMILIES[name] | fields))
    config._attn_implementation = "eager"
    auto = AutoModelForSpeechSeq2Seq if model_type == "whisper" else AutoModelForSeq2SeqLM
    model: PreTrainedModel = auto.from_config(config).float().eval()
    randomize_weights(model)
    for parameter_name, parameter in model.named_parameters():
        if parameter_name.endswith("Attention.q.weight"):  # T5 does not scale scores, as its queries are small
            parameter.data *= model.config.d_kv**-0.5
    if hasattr(model, "final_logits_bias"):
        model.final_logits_bias.normal_(generator=torch.Generator().manual_seed(1))
    return model


def layout_of(model: PreTrainedModel) -> EncoderDecoderLayout:
    return families.FAMILIES[model.config.model_type](model.config)


def _tables(module: Any, stack: Stack, *, both_ways: bool) -> StackTables:
    """The tables of one stack, from transformers' ``module``."""
    positions = None
    if stack.positions is not None:
        embed = module.embed_positions
        table = getattr(embed, "weights", None)
        table = embed.weight if table is None else table
        positions = table.detach()[stack.positions.first : stack.positions.first + stack.positions.count]
    biases: dict[str, Tensor] = {}
    for number, layer in enumerate(stack.layers):
        if layer.bias is None or layer.bias.table in biases:
            continue
        attention = module.block[number].layer[0].SelfAttention
        reach = layer.bias.max_distance
        buckets = type(attention)._relative_position_bucket
        arguments = torch.arange(-reach, reach + 1), both_ways, layer.bias.buckets, reach
        found = (
            attention._relative_position_bucket(arguments[0])
            if module.config.model_type == "umt5"
            else buckets(*arguments)
        )
        biases[layer.bias.table] = attention.relative_attention_bias.weight.detach()[found].T
    return StackTables(positions, biases)


def native_codec(
    model: PreTrainedModel, *, block_size: int = 0, threads: int = 2, quantization: str = "none"
) -> NativeEncoderDecoder:
    layout, tensors = layout_of(model), model.state_dict()
    return NativeEncoderDecoder(
        layout,
        tensors.get,
        _tables(model.get_encoder(), layout.encoder, both_ways=True),
        _tables(model.get_decoder(), layout.decoder, both_ways=False),
        block_size=block_size,
        architecture=type(model).__name__,
        dtype=torch.float32,
        quantization=quantization,
        threads=threads,
    )


def random_source(model: PreTrainedModel, length: int) -> Tensor:
    """Ids [length], or frames [2 * positions, channels] of a model that reads features."""
    generator = torch.Generator().manual_seed(length)
    if model.config.model_type == "whisper":
        return torch.randn(2 * SOURCE_POSITIONS, model.config.num_mel_bins, generator=generator)
    return torch.randint(3, model.config.vocab_size, (length,), generator=generator)


def random_tokens(model: PreTrainedModel, length: int, seed: int) -> list[int]:
    generator = torch.Generator().manual_seed(seed)
    found: list[int] = torch.randint(3, layout_of(model).vocab_size, (length,), generator=generator).tolist()
    return found


@torch.inference_mode()
def reference(model: PreTrainedModel, source: Tensor, tokens: list[int]) -> tuple[Tensor, Tensor]:
    """transformers' last hidden states of the encoder [S, hidden_size], and logits [T, V]."""
    arguments = {"input_features": source.T[None]} if source.dim() == 2 else {"input_ids": source[None]}
    out = model(**arguments, decoder_input_ids=torch.tensor([tokens]))
    return out.encoder_last_hidden_state[0], out.logits[0]


@dataclass(frozen=True)
class Sources:
    """Implements ``SourceView``."""

    ids: Ints | None
    features: NDArray[np.float32] | None
    offsets: Ints
    block_size: int
    blocks: Ints


@dataclass(frozen=True)
class Chunks:
    """Implements ``StepView``."""

    input_ids: Ints
    offsets: Ints
    contexts: Ints
    block_size: int
    blocks: Ints
    source_lengths: Ints | None
    source_blocks: Ints | None
    adapters: Ints | None = None

    @property
    def num_rows(self) -> int:
        return len(self.input_ids)


@dataclass(slots=True)
class Row:
    """A sequence: its source, its tokens, and the blocks for both."""

    source: Tensor
    tokens: list[int]
    source_blocks: list[int]
    blocks: list[int]
    done: int = 0  # tokens that steps have computed

    @property
    def positions(self) -> int:
        return len(self.source) // 2 if self.source.dim() == 2 else len(self.source)


class CodecStepper:
    """Computes sequences whose blocks are scattered over a store."""

    def __init__(self, model: NativeEncoderDecoder, *, block_size: int = 0, cache: torch.dtype = torch.float32) -> None:
        self.model = model
        self.block_size = block_size or model.block_size
        layout = model.layout
        layer = LayerSpec(layout.heads, layout.heads, layout.head_dim, layout.head_dim, scale=layout.score_scale)
        self.store = KVCache(
            [layer] * len(layout.decoder.layers),
            num_blocks=200,
            block_size=self.block_size,
            dtype=cache,
            device=torch.device("cpu"),
        )
        model.attach_store(self.store)
        self._free = torch.randperm(200, generator=torch.Generator().manual_seed(1)).tolist()

    def take(self, positions: int) -> list[int]:
        return [self._free.pop() for _ in range(-(-positions // self.block_size))]

    def add(self, source: Tensor, tokens: list[int]) -> Row:
        row = Row(source, tokens, [], self.take(len(tokens)))
        row.source_blocks = self.take(row.positions)
        return row

    def encode(self, *rows: Row) -> list[Tensor]:
        """The encoder's last hidden states of each source."""
        joined = torch.cat([row.source for row in rows]).numpy()
        lengths = [row.positions for row in rows]
        sources = Sources(
            ids=joined if joined.ndim == 1 else None,
            features=joined if joined.ndim == 2 else None,
            offsets=np.array([0, *np.cumsum(lengths)]),
            block_size=self.block_size,
            blocks=np.array([block for row in rows for block in row.source_blocks]),
        )
        return list(self.model.encode(sources).split(lengths))

    def step(self, *chunks: tuple[Row, int]) -> list[Tensor]:
        """Compute the next tokens of each sequence: so many. Returns their logits."""
        counts = [count for _, count in chunks]
        for row, count in chunks:
            row.done += count
        step = Chunks(
            input_ids=np.array([token for row, count in chunks for token in row.tokens[row.done - count : row.done]]),
            offsets=np.array([0, *np.cumsum(counts)]),
            contexts=np.array([row.done for row, _ in chunks]),
            block_size=self.block_size,
            blocks=np.array([b for row, _ in chunks for b in row.blocks[: -(-row.done // self.block_size)]]),
            source_lengths=np.array([row.positions for row, _ in chunks]),
            source_blocks=np.array([block for row, _ in chunks for block in row.source_blocks]),
        )
        return list(self.model.logits(self.model.hidden(step)).split(counts))
