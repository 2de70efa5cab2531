// Linear layers: rows of activations times packed weights.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "activation.h"
#include "lora.h"
#include "model.h"
#include "panel.h"
#include "team.h"
#include "tile.h"
#include "vector.h"

namespace {

// Rows of activations as int16, with one scale for each row, to be multiplied by int8 weights.
//
// The quantization steps are as fine as sums over k in int32 allow: with weights of at most 127 steps nothing overflows.
// The rounding error is small compared with the error of the weights.
struct QuantizedRows {
    std::vector<int16_t> values;
    std::vector<float> scales;
    int64_t stride = 0;

    void fill(Team& team, const float* x, int64_t ldx, int64_t rows, int64_t k) {
        stride = (k + 1) / 2 * 2;
        values.resize(rows * stride);
        scales.resize(rows);
        for_each_row(team, rows, [&](int64_t r) {
            scales[r] = quantize(x + r * ldx, k, values.data() + r * stride, stride);
        });
    }

    // Quantize one row and return its scale.
    static float quantize(const float* row, int64_t k, int16_t* to, int64_t stride) {
        float largest = 0;
        Floats best = {};
        int64_t i = 0;
        for (; i + LANES <= k; i += LANES) {
            Floats size = (Floats)((Bits)load(row + i) & 0x7fffffffu);
            best = size > best ? size : best;
        }
        for (int j = 0; j < LANES; j++) largest = std::fmax(largest, best[j]);
        for (; i < k; i++) largest = std::fmax(largest, std::fabs(row[i]));
        const float steps = float(std::min<int64_t>(INT16_MAX, INT32_MAX / (127 * k)));
        const float inverse = largest > 0 ? steps / largest : 0;
        for (i = 0; i < k; i++) to[i] = int16_t(std::nearbyint(row[i] * inverse));
        for (; i < stride; i++) to[i] = 0;
        return largest / steps;
    }
};

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

// The same for int8: rows [begin, begin + count) of `x`.
void multiply_two_int8_panels(
    const KernelLinear& w, int64_t pair, const QuantizedRows& x, int64_t begin, int count, float* acc
) {
    int64_t pairs = (w.k + 1) / 2;
    int32_t sums[TILE_ROWS * TWO_PANELS];
    for (int half = 0; half < 2; half++) {
        const int8_t* panel = (const int8_t*)w.panels + (pair * 2 + half) * pairs * 2 * PANEL;
        for (int r = 0; r < count; r += INT8_TILE_ROWS) {
            const int16_t* rows = x.values.data() + (begin + r) * x.stride;
            int32_t* to = sums + r * TWO_PANELS + half * PANEL;
            int8_tile(std::min(count - r, INT8_TILE_ROWS), rows, x.stride, pairs, panel, to);
        }
    }
    const float* scales = w.scales + pair * TWO_PANELS;
    for (int r = 0; r < count; r++)
        for (int i = 0; i < TWO_PANELS; i++)
            acc[r * TWO_PANELS + i] = float(sums[r * TWO_PANELS + i]) * x.scales[begin + r] * scales[i];
}

// Compute x W^T + bias for x [rows][k]. If W is gated, write act(gate) * up into y [rows][n / 2]. Otherwise write act of
// the result into y [rows][n], or add it to y if `adds`. `updates` are those of the rows' adapters; null: no row has one.
void linear(
    Team& team, const KernelLinear& w, const float* x, int64_t ldx, int64_t rows, float* y, int64_t ldy, bool adds,
    LowRankUpdates* updates = nullptr
) {
    if (updates) updates->shrink(team, x, ldx, w.k);
    static thread_local QuantizedRows quantized;
    QuantizedRows& q = quantized;
    if (w.kind == INT8) q.fill(team, x, ldx, rows, w.k);
    // A piece of work is two panels and a block of rows. Many rows are cut into blocks, so that a matrix with few columns
    // keeps many threads busy, and the rows of a block stay in the processor's cache.
    const int64_t block = 96;
    const int64_t pairs = (w.n + TWO_PANELS - 1) / TWO_PANELS, blocks = (rows + block - 1) / block;
    team.share(pairs * blocks, [&](int64_t item) {
        const int64_t number = item % pairs, first = item / pairs * block;
        const int64_t last = first + block < rows ? first + block : rows;
        float acc[TILE_ROWS * TWO_PANELS];
        for (int64_t begin = first; begin < last; begin += TILE_ROWS) {
            const int count = int(begin + TILE_ROWS < last ? TILE_ROWS : last - begin);
            const float* from = x + begin * ldx;
            if (w.kind == F32) multiply_two_panels<float>(w, number, from, ldx, count, acc);
            else if (w.kind == BF16) multiply_two_panels<bf16>(w, number, from, ldx, count, acc);
            else if (w.kind == F16) multiply_two_panels<f16>(w, number, from, ldx, count, acc);
            else multiply_two_int8_panels(w, number, q, begin, count, acc);
            if (updates) updates->expand(begin, count, number, acc);
            const int64_t column = number * TWO_PANELS;
            for (int r = 0; r < count; r++) {
                float* sums = acc + r * TWO_PANELS;
                if (w.bias)
                    for (int i = 0; i < TWO_PANELS; i++) sums[i] += w.bias[column + i];
                float* to = y + (begin + r) * ldy;
                if (w.gated) {
                    for (int i = 0; i < PANEL; i += LANES) {
                        Floats gate = load(sums + i), up = load(sums + PANEL + i);
                        Floats act = activate(w.activation, gate) * up;
                        for (int j = 0; j < LANES && column / 2 + i + j < w.n / 2; j++) to[column / 2 + i + j] = act[j];
                    }
                } else {
                    const int64_t width = column + TWO_PANELS <= w.n ? TWO_PANELS : w.n - column;
                    if (w.activation)
                        for (int i = 0; i < TWO_PANELS; i += LANES) store(sums + i, activate(w.activation, load(sums + i)));
                    if (adds)
                        for (int64_t i = 0; i < width; i++) to[column + i] += sums[i];
                    else
                        for (int64_t i = 0; i < width; i++) to[column + i] = sums[i];
                }
            }
        }
    });
}

}  // namespace
