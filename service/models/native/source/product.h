// Rows of activations on one thread, and their products with a packed matrix.
//
//     FloatRows   float32, for matrices of kind F32
//     SplitRows   float32 split into two bfloat16 numbers, for matrices of kind SPLIT (see split_rows.h)
//
// Both are written by `put` and read by `multiply`, which calls finish(row, column, sums) for LANES sums after another.
// A row's bits depend on nothing but the row.

#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "linear.h"
#include "model.h"
#include "panel.h"
#include "split_rows.h"
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

}  // namespace
