"""What encoder-decoders reach of the limits of this machine: the encoder's pass, the decoder's step, and the head.

A limit is the least time for the bytes of the weights or for the operations, whichever is longer, as in
``benchmarks.engine``. Small weights stay in a cache of the processor, and tiles multiply more bytes than the
instruction whose peak is measured; so a share may be above 1.
"""

import ctypes
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import torch
from rich.table import Table

from benchmarks.engine.peaks import Peaks, measure_peaks
from benchmarks.report.tables import numeric_table, open_console
from service.engine.engine import Engine
from service.engine.execution.runner import ModelRunner
from service.engine.protocol.config import EngineConfig
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.protocol.source import Features, Source
from service.models.native.encoder_decoder import NativeEncoderDecoder
from service.models.native.matrices import packed_bytes, parts_of
from service.models.native.structures import INT8, Q8_0, KernelCodecLayer, KernelLinear

SOURCE_TOKENS = 32
STEPS = 8
_OF_DECODER = ("qkv", "o", "up", "down", "cross_q", "cross_o")
_OF_ENCODER = ("qkv", "o", "up", "down")


@dataclass(slots=True)
class Work:
    """The bytes that are read, and the operations: those of one row, and of a row with another one."""

    num_bytes: int = 0  # of weights
    source_bytes: int = 0  # of the keys and values of one position of a source
    operations: int = 0
    byte_operations: int = 0  # those that multiply weights of eight bits
    pair_operations: int = 0

    def add(self, library: ctypes.CDLL, linear: KernelLinear) -> None:
        """Add a product."""
        for part in parts_of(linear) if linear.n else ():
            self.num_bytes += packed_bytes(library, part)
            if part.kind in (INT8, Q8_0):
                self.byte_operations += 2 * part.n * part.k
            else:
                self.operations += 2 * part.n * part.k

    def limits(self, rows: int, sources: list[int], peaks: Peaks) -> tuple[float, float]:
        """The least seconds for the bytes and for the operations of so many rows. ``sources`` are their lengths."""
        num_bytes = self.num_bytes + sum(sources) * self.source_bytes
        pairs = sum(length * length for length in sources)
        by_floats = (rows * self.operations + pairs * self.pair_operations) / peaks.float_operations
        return num_bytes / peaks.read, by_floats + rows * self.byte_operations / peaks.int8_operations


class TimedCodec:
    """An engine whose model is an encoder-decoder of the kernels, and the seconds of each part of it."""

    def __init__(self, config: EngineConfig, most: int) -> None:
        """For at most ``most`` sequences."""
        config = msgspec.structs.replace(
            config,
            speculation="off",
            target_itl_ms=0.0,
            max_num_seqs=most,
            num_blocks=config.num_blocks or 4096,
            max_batch_tokens=max(config.max_batch_tokens, most * (SOURCE_TOKENS + 1)),  # all are encoded at once
        )
        runner = ModelRunner(config)
        assert isinstance(runner.model, NativeEncoderDecoder)
        self.model = runner.model
        self._engine = Engine(runner, config)
        self._seconds: dict[str, list[float]] = defaultdict(list)
        for part in ("encode", "hidden", "logits"):
            self.model.__dict__[part] = self._timed(part, getattr(self.model, part))

    def run(self, sources: list[Source]) -> dict[str, float]:
        """Decode ``STEPS`` tokens for each source at once. The seconds of the encoder, and of a median step."""
        self._seconds.clear()
        params = SamplingParams(max_tokens=STEPS, temperature=0.0)
        for number, source in enumerate(sources):
            self._engine.add(Request(id=str(number), prompt=(0,), params=params, source=source))
        while self._engine.has_work:
            self._engine.step()
        encoded = {"encode": sum(self._seconds["encode"])}
        return encoded | {part: float(np.median(self._seconds[part])) for part in ("hidden", "logits")}

    def work(self) -> dict[str, Work]:
        """The work of each part."""
        model, layout, library = self.model.weights.model, self.model.layout, self.model.library
        encode, hidden, logits = Work(), Work(), Work()
        for layer in _layers(model.encoder):
            for name in _OF_ENCODER:
                encode.add(library, getattr(layer, name))
            encode.pair_operations += 4 * layout.heads * layout.head_dim
        for layer in _layers(model.decoder):
            encode.add(library, layer.cross_kv)
            for name in _OF_DECODER:
                hidden.add(library, getattr(layer, name))
            hidden.source_bytes += 2 * layout.heads * layout.head_dim * self.model.dtype.itemsize
        logits.add(library, self.model.weights.head)
        return {"encode": encode, "hidden": hidden, "logits": logits}

    def _timed(self, part: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            begin = time.perf_counter()
            result = call(*arguments)
            self._seconds[part].append(time.perf_counter() - begin)
            return result

        return timed


def measure(configs: Mapping[tuple[str, str], EngineConfig], counts: list[int]) -> None:
    """Measure models and print their table. ``configs`` is by a model's name and the name of its type of weights.

    So many sources of tokens are encoded at once; of sound it is one window. Raises OSError if there is no compiler.
    """
    peaks = measure_peaks(torch.get_num_threads())
    table = share_table()
    for (name, weights), config in configs.items():
        codec = TimedCodec(config, max(counts))
        for count in counts if codec.model.layout.features is None else [1]:
            add_rows(table, name, weights, codec, random_sources(codec, count), peaks)
    console = open_console(120)
    console.print(
        f"Peaks per second of {peaks.threads} threads: read {peaks.read / 1e9:.1f} GB, "
        f"{peaks.float_operations / 1e9:.0f} G operations of float32, {peaks.int8_operations / 1e9:.0f} G of int8"
    )
    console.print(table)


def random_sources(codec: TimedCodec, count: int) -> list[Source]:
    """Sources that are all different: ``SOURCE_TOKENS`` tokens, or 30 seconds of sound."""
    generator, layout = np.random.default_rng(count), codec.model.layout
    if layout.features is None:
        ids = generator.integers(4, layout.vocab_size, (count, SOURCE_TOKENS))
        return [tuple(map(int, row)) for row in ids]
    assert layout.encoder.positions is not None
    channels, positions = layout.features.channels, layout.encoder.positions.count
    numbers = generator.standard_normal((count, 2 * positions, channels), dtype=np.float32)
    return [Features(each.tobytes(), channels, positions) for each in numbers]


def share_table() -> Table:
    """An empty table of shares."""
    return numeric_table("model", "weights", "part", "rows", "ms", "limit, ms", "share", "of", labels=3)


def add_rows(table: Table, name: str, weights: str, codec: TimedCodec, sources: list[Source], peaks: Peaks) -> None:
    """Measure a batch of sources, and add a row for each part."""
    codec.run(sources[: max(1, len(sources) // 4)])  # memory is allocated now
    seconds, lengths = codec.run([*_renewed(sources)]), [_positions(source) for source in sources]
    rows = {"encode": sum(lengths), "hidden": len(sources), "logits": len(sources)}
    for part, work in codec.work().items():
        by_bytes, by_operations = work.limits(rows[part], lengths, peaks)
        limit = max(by_bytes, by_operations)
        kind = "bytes" if by_bytes > by_operations else "operations"
        cells = f"{seconds[part] * 1000:.2f}", f"{limit * 1000:.2f}", f"{limit / seconds[part]:.2f}", kind
        table.add_row(name, weights, part, str(rows[part]), *cells)


def _renewed(sources: list[Source]) -> Iterator[Source]:
    """Sources of the same lengths that no block of the cache has."""
    for source in sources:
        if isinstance(source, Features):
            yield Features(source.data[4:] + source.data[:4], source.channels, source.positions)
        else:
            yield source[::-1]


def _positions(source: Source) -> int:
    return source.positions if isinstance(source, Features) else len(source)


def _layers(stack: Any) -> list[KernelCodecLayer]:
    return [stack.layers[number] for number in range(stack.num_layers)]
