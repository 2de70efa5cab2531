// Rows of activations on one thread, and their products with a packed matrix.
//
//     FloatRows   float32, for matrices of kind F32
//     SplitRows   float32 split into two bfloat16 numbers, for matrices of kind SPLIT (see amx.h)
//
// Both are written by `put` and read by `multiply`, which calls finish(row, column, sums) for LANES sums after another.
// A row's bits depend on nothing but the row.

#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "amx.h"
#include "linear.h"
#include "model.h"
#include "panel.h"
#include "tile.h"
#include "vector.h"

namespace {

class FloatRows {
  public:
    // Room for rows of k numbers, which are all to be put. k is a multiple of LANES.
    void resize(int64_t rows, int64_t k) {
        this->rows = rows, this->k = k;
        numbers.resize(rows * k);
    }
    void put(int64_t row, int64_t column, Floats v) { store(numbers.data() + row * k + column, v); }

    // Multiply by W^T and add the bias, if there is one. The columns of W are a multiple of LANES.
    template <class Finish> void multiply(const KernelLinear& w, const Finish& finish) const {
        float acc[TILE_ROWS * TWO_PANELS];
        for (int64_t first = 0; first < w.n; first += TWO_PANELS) {
            const int64_t width = std::min<int64_t>(TWO_PANELS, w.n - first);
            for (int64_t begin = 0; begin < rows; begin += TILE_ROWS) {
                const int count = int(std::min<int64_t>(TILE_ROWS, rows - begin));
                multiply_two_panels<float>(w, first / TWO_PANELS, numbers.data() + begin * k, k, count, acc);
                for (int r = 0; r < count; r++)
                    for (int64_t i = 0; i < width; i += LANES) {
                        const Floats sums = load(acc + r * TWO_PANELS + i);
                        finish(begin + r, first + i, w.bias ? sums + load(w.bias + first + i) : sums);
                    }
            }
        }
    }

  private:
    std::vector<float> numbers;
    int64_t rows = 0, k = 0;
};

class SplitRows {
  public:
    // Room for rows of k numbers, which are all to be put. k is a multiple of TILE_K.
    void resize(int64_t rows, int64_t k) {
        this->rows = rows, steps = k / TILE_K;
        numbers.resize((rows + SQUARE - 1) / SQUARE * steps * STEP_NUMBERS);
    }
    void put(int64_t row, int64_t column, Floats v) {
        const int64_t step = row / SQUARE * steps + column / TILE_K;
        bf16* high = numbers.data() + step * STEP_NUMBERS + row % SQUARE * TILE_K + column % TILE_K;
        const Bits rounded = round_to_high_half(v);
        store_high_halves(rounded, high);
        store_high_halves(round_to_high_half(v - (Floats)(rounded & 0xffff0000u)), high + 2 * TILE_NUMBERS);
    }

    // Multiply by W^T and add the bias, if there is one. The columns of W are a multiple of SQUARE.
    template <class Finish> void multiply(const KernelLinear& w, const Finish& finish) const {
        alignas(64) float acc[SQUARE * SQUARE];
        const Tiles tiles(FULL_TILES, has_amx());
        for (int64_t first = 0; first < w.n; first += SQUARE) {
            const bf16* columns = (const bf16*)w.panels + first / SQUARE * steps * STEP_NUMBERS;
            for (int64_t begin = 0; begin < rows; begin += SQUARE) {
                const bf16* from = numbers.data() + begin / SQUARE * steps * STEP_NUMBERS;
                if (has_amx()) multiply_square(from, columns, steps, acc);
                else multiply_square_slowly(from, columns, steps, acc);
                for (int64_t r = 0; r < std::min<int64_t>(SQUARE, rows - begin); r++)
                    for (int64_t i = 0; i < SQUARE; i += LANES) {
                        const Floats sums = load(acc + r * SQUARE + i);
                        finish(begin + r, first + i, w.bias ? sums + load(w.bias + first + i) : sums);
                    }
            }
        }
    }

  private:
    std::vector<bf16> numbers;  // for SQUARE rows and TILE_K numbers of each: [high, low][two tiles][row][k]
    int64_t rows = 0, steps = 0;
};

}  // namespace
