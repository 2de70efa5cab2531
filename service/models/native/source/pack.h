// Packing: from the rows of a checkpoint's matrix to the layouts that the kernels read.

#pragma once

#include <cmath>
#include <cstdint>

#include "amx.h"
#include "panel.h"

namespace {

// Pack weights [n][k], row-major, into panels. `to` is zeroed and has room for the padded n and k.
// For INT8, scales[row] becomes the largest weight of the row divided by 127. For SPLIT, k is a multiple of TILE_K.
void pack(const void* from, int32_t from_kind, void* to, int32_t to_kind, float* scales, int64_t n, int64_t k) {
    for (int64_t row = 0; row < n; row++) {
        int64_t number = row / PANEL, column = row % PANEL;
        auto at = [&](int64_t i) { return number_at(from, from_kind, row * k + i); };
        if (to_kind == INT8) {
            float largest = 0;
            for (int64_t i = 0; i < k; i++) {  // not fmax: GCC 12 fails to vectorize it for ARM
                const float size = std::fabs(at(i));
                largest = size > largest ? size : largest;
            }
            scales[row] = largest / 127;
            float inverse = largest > 0 ? 127 / largest : 0;
            int8_t* panel = (int8_t*)to + number * ((k + 1) / 2) * 2 * PANEL;
            for (int64_t i = 0; i < k; i++)
                panel[(i / 2) * 2 * PANEL + 2 * column + i % 2] = int8_t(std::nearbyint(at(i) * inverse));
        } else if (to_kind == SPLIT) {
            const int64_t step = row / SQUARE * (k / TILE_K);
            for (int64_t i = 0; i < k; i++) {
                bf16* high = (bf16*)to + (step + i / TILE_K) * STEP_NUMBERS + row % SQUARE / TILE * TILE_NUMBERS +
                             i % TILE_K / 2 * TILE_K + row % TILE * 2 + i % 2;
                narrow(at(i), *high);
                narrow(at(i) - widen(*high), high[2 * TILE_NUMBERS]);
            }
        } else if (to_kind == BF16) {
            bf16* panel = (bf16*)to + number * k * PANEL;
            for (int64_t i = 0; i < k; i++) narrow(at(i), panel[i * PANEL + position_of<bf16>(column)]);
        } else if (to_kind == F16) {
            f16* panel = (f16*)to + number * k * PANEL;
            for (int64_t i = 0; i < k; i++) narrow(at(i), panel[i * PANEL + column]);
        } else {
            float* panel = (float*)to + number * k * PANEL;
            for (int64_t i = 0; i < k; i++) panel[i * PANEL + column] = at(i);
        }
    }
}

}  // namespace
