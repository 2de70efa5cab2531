"""Rows are selected in the given order, and tiles cover all rows without exceeding their size."""

import pytest
import torch

from service.engine.sampling.rows import row_tiles, select_rows


def test_selected_rows_come_in_the_given_order() -> None:
    tensor = torch.arange(8).view(4, 2)
    assert select_rows(tensor, [3, 1]).tolist() == [[6, 7], [2, 3]]
    assert select_rows(tensor, [0, 1, 2, 3]) is tensor, "all rows need no copy"


@pytest.mark.parametrize("vocab_size", [10, 50_000, 300_000])
@pytest.mark.parametrize("count", [0, 1, 2, 33])
def test_tiles_cover_all_rows_and_are_small(count: int, vocab_size: int) -> None:
    tiles = row_tiles(count, torch.empty(1, vocab_size))
    rows = list(range(count))
    assert [row for tile in tiles for row in rows[tile]] == rows
    assert all(len(rows[tile]) == 1 or len(rows[tile]) * vocab_size <= 1 << 18 for tile in tiles)
