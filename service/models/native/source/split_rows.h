// Rows of float32 on tiles of bfloat16: each number is split into two (see amx.h).

#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "amx.h"
#include "model.h"
#include "team.h"
#include "vector.h"

namespace {

class SplitRows {
  public:
    // Split `rows` rows of k numbers.
    void fill(Team& team, const float* x, int64_t ldx, int64_t rows, int64_t k) {
        resize(rows, k);
        for_each_row(team, rows, [&](int64_t r) {
            for (int64_t i = 0; i < k; i += LANES) put(r, i, load(x + r * ldx + i));
        });
    }
    // The rows from `begin` on, a multiple of SQUARE.
    const bf16* square(int64_t begin) const { return numbers.data() + begin / SQUARE * steps * STEP_NUMBERS; }

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
                const bf16* from = square(begin);
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
