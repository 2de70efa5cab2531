// Linear layers: rows of activations times packed weights.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "activation.h"
#include "byte_tiles.h"
#include "formats.h"
#include "lora.h"
#include "model.h"
#include "panel.h"
#include "quantized.h"
#include "split_rows.h"
#include "team.h"
#include "tile.h"
#include "vector.h"

namespace {

// acc[count][TWO_PANELS] = `count` rows of x times the two panels 2 * pair and 2 * pair + 1.
template <class T>
void multiply_two_panels(const KernelLinear& w, int64_t pair, const float* x, int64_t ldx, int count, float* acc) {
    const T* p = (const T*)w.panels + pair * 2 * w.k * PANEL;
    const T* q = p + w.k * PANEL;
    if (count <= TWO_PANEL_ROWS) return two_panel_tile(count, x, ldx, w.k, p, q, acc);
    memset(acc, 0, sizeof(float) * count * TWO_PANELS);
    tile_of_rows<T>(count, x, ldx, w.k, w.k, [&](int64_t) { return p; }, acc, TWO_PANELS);
    tile_of_rows<T>(count, x, ldx, w.k, w.k, [&](int64_t) { return q; }, acc + PANEL, TWO_PANELS);
}

// acc[count][TWO_PANELS] = `count` rows of x, from `begin` on, times two panels of a matrix of kind TILED. There is room for
// SQUARE rows.
inline void multiply_tiled(const KernelLinear& w, int64_t pair, const SplitRows& x, int64_t begin, int count, float* acc) {
    const Tiles tiles(FULL_TILES, has_amx());
    const int64_t steps = w.k / TILE_K, numbers = steps * STEP_NUMBERS / 2;
    for (int64_t first = 0; first < TWO_PANELS; first += SQUARE) {
        const bf16* columns = (const bf16*)w.panels + (pair * TWO_PANELS + first) / SQUARE * numbers;
        if (!has_amx()) multiply_whole_square_slowly(x.square(begin), columns, steps, count, acc + first, TWO_PANELS);
        else if (count > TILE) multiply_whole_square<true>(x.square(begin), columns, steps, acc + first, TWO_PANELS);
        else multiply_whole_square<false>(x.square(begin), columns, steps, acc + first, TWO_PANELS);
    }
}

// Add the bias to the sums of one piece, apply the activation and the gate, and write or add the result to `y`, whose row
// r begins at y + r * ldy. The piece is the columns from `column` on.
inline void finish(const KernelLinear& w, int64_t column, int count, float* acc, float* y, int64_t ldy, bool adds) {
    const int64_t width = std::min<int64_t>(TWO_PANELS, w.n - column);
    for (int r = 0; r < count; r++, acc += TWO_PANELS, y += ldy) {
        if (w.bias)
            for (int i = 0; i < TWO_PANELS; i += LANES) store(acc + i, load(acc + i) + load(w.bias + column + i));
        if (w.gated) {
            for (int i = 0; i < PANEL; i += LANES) store(acc + i, activate(w.activation, load(acc + i)) * load(acc + PANEL + i));
            memcpy(y + column / 2, acc, sizeof(float) * std::min<int64_t>(PANEL, w.n / 2 - column / 2));
            continue;
        }
        if (w.activation)
            for (int i = 0; i < TWO_PANELS; i += LANES) store(acc + i, activate(w.activation, load(acc + i)));
        if (!adds) {
            memcpy(y + column, acc, sizeof(float) * width);
        } else {
            int64_t i = 0;
            for (; i + LANES <= width; i += LANES) store(y + column + i, load(y + column + i) + load(acc + i));
            for (; i < width; i++) y[column + i] += acc[i];
        }
    }
}

// Call multiply(pair, begin, count, acc) for all pieces of work and finish them. A piece is two panels and a block of
// rows. Many rows are cut into blocks, so that a matrix with few columns keeps many threads busy, and the rows of a block
// stay in the processor's cache. One call computes at most ROWS rows.
template <int ROWS, class Multiply>
void share_pieces(
    Team& team, const KernelLinear& w, int64_t first_panel, int64_t rows, float* y, int64_t ldy, bool adds,
    const LowRankUpdates* updates, const Multiply& multiply
) {
    constexpr int64_t block = 96;
    static_assert(block % ROWS == 0);
    const int64_t pairs = (w.n + TWO_PANELS - 1) / TWO_PANELS, blocks = (rows + block - 1) / block;
    team.share(pairs * blocks, [&](int64_t item) {
        const int64_t pair = item % pairs, first = item / pairs * block, last = std::min(rows, first + block);
        float acc[ROWS * TWO_PANELS];
        for (int64_t begin = first; begin < last; begin += ROWS) {
            const int count = int(std::min<int64_t>(ROWS, last - begin));
            multiply(pair, begin, count, acc);
            if (updates) updates->expand(begin, count, first_panel + 2 * pair, acc);
            finish(w, pair * TWO_PANELS, count, acc, y + begin * ldy, ldy, adds);
        }
    });
}

// Turn the rows x [rows][k] into integers and call multiply(integers, pair, begin, count, acc) for all pieces of work.
template <class Rows, int ROWS, class Multiply>
void share_quantized_pieces(
    Team& team, const KernelLinear& w, int64_t chunk, int64_t first_panel, const float* x, int64_t ldx, int64_t rows, float* y,
    int64_t ldy, bool adds, const LowRankUpdates* updates, const Multiply& multiply
) {
    static thread_local Rows memory;
    Rows& integers = memory;
    integers.fill(team, x, ldx, rows, w, chunk);
    share_pieces<ROWS>(team, w, first_panel, rows, y, ldy, adds, updates, [&](int64_t pair, int64_t begin, int count, float* acc) {
        multiply(integers, pair, begin, count, acc);
    });
}

// Compute x W^T + bias for x [rows][k]. If W is gated, write act(gate) * up into y [rows][n / 2]. Otherwise write act of
// the result into y [rows][n], or add it to y if `adds`. `updates` are those of the rows' adapters; null: no row has one.
void linear(
    Team& team, const KernelLinear& w, const float* x, int64_t ldx, int64_t rows, float* y, int64_t ldy, bool adds,
    LowRankUpdates* updates = nullptr
) {
    if (updates) updates->shrink(team, x, ldx, w.k);
    int64_t first_panel = 0;
    for (const KernelLinear* part = &w; part; y += part->n, part = part->next) {
        const KernelLinear& p = *part;
        const bool quantized = with_format(p.kind, [&]<class F>(F) {
            if constexpr (KERNEL_BYTE_TILES && FITS_TILES<F>)
                if (rows > TILE_ROWS)
                    return share_quantized_pieces<TiledRowsOf<F>, TILED_BLOCK>(
                        team, p, F::CHUNK, first_panel, x, ldx, rows, y, ldy, adds, updates,
                        [&](const TiledRowsOf<F>& integers, int64_t pair, int64_t begin, int count, float* acc) {
                            multiply_two_panels_by_tiles<F>(p, pair, integers, begin, count, acc);
                        }
                    );
            share_quantized_pieces<RowsOf<F>, TILE_ROWS>(
                team, p, F::CHUNK, first_panel, x, ldx, rows, y, ldy, adds, updates,
                [&](const RowsOf<F>& integers, int64_t pair, int64_t begin, int count, float* acc) {
                    multiply_two_quantized_panels<F>(p, pair, integers, begin, count, acc);
                }
            );
        });
        if (p.kind == TILED) {
            static thread_local SplitRows memory;
            SplitRows& split = memory;
            split.fill(team, x, ldx, rows, p.k);
            share_pieces<SQUARE>(team, p, first_panel, rows, y, ldy, adds, updates, [&](int64_t pair, int64_t begin, int count, float* acc) {
                multiply_tiled(p, pair, split, begin, count, acc);
            });
        } else if (!quantized) {
            share_pieces<TILE_ROWS>(team, p, first_panel, rows, y, ldy, adds, updates, [&](int64_t pair, int64_t begin, int count, float* acc) {
                const float* from = x + begin * ldx;
                if (p.kind == F32) multiply_two_panels<float>(p, pair, from, ldx, count, acc);
                else if (p.kind == BF16) multiply_two_panels<bf16>(p, pair, from, ldx, count, acc);
                else multiply_two_panels<f16>(p, pair, from, ldx, count, acc);
            });
        }
        first_panel += (p.n + PANEL - 1) / PANEL;
    }
}

}  // namespace
