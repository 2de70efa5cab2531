"""The parts of an encoder-decoder are measured beside their limits."""

from pathlib import Path

import pytest

from benchmarks.encoder_decoder import shapes
from benchmarks.encoder_decoder.limits import SOURCE_TOKENS, TimedCodec, add_rows, random_sources, share_table
from benchmarks.engine.peaks import Peaks
from service.models.native import kernels
from tests.benchmarks.encoder_decoder.tiny import TINY
from tests.engine.configs import engine_config

PEAKS = Peaks(threads=1, read=1e3, copy=1e3, float_operations=1e3, int8_operations=1e3, int4_operations=1e3)


@pytest.mark.skipif(kernels.load() is None, reason="there is no compiler, or no AVX2")
def test_each_part_has_a_share(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(shapes.SHAPES, "tiny", TINY | {"d_model": 32})
    shapes.write_checkpoint("tiny", tmp_path)
    config = engine_config(tmp_path, device="cpu", num_blocks=64, quantization="none")
    codec = TimedCodec(config, 3)
    work = codec.work()
    hidden, inner = 32, TINY["encoder_ffn_dim"]
    assert work["encode"].operations == 2 * (4 * hidden * hidden + 2 * hidden * inner + 2 * hidden * hidden)
    assert work["hidden"].operations == 2 * (6 * hidden * hidden + 2 * hidden * inner)
    assert work["logits"].num_bytes == 4 * hidden * TINY["vocab_size"]
    table = share_table()
    add_rows(table, "tiny", "float32", codec, random_sources(codec, 3), PEAKS)
    columns = [[*column.cells] for column in table.columns]
    assert columns[2:4] == [["encode", "hidden", "logits"], [str(3 * SOURCE_TOKENS), "3", "3"]]
    assert all(float(str(share)) > 0 for share in columns[6])
