// Rows of activations as integers of two bytes, with a scale for each stripe of the weights: nearly exact.
//
// A number is 128 * high + low, with signed bytes. A stripe has at most 512 k, so the sums of both, and 128 * the first plus the
// second, are exact in int32. Two products of bytes cost tiles less than a scale for each few k would, which is applied number
// by number outside of them.

#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "integers.h"
#include "model.h"
#include "panel.h"
#include "quantized_rows.h"
#include "team.h"
#include "vector.h"

namespace {

constexpr float MOST_OF_TWO_BYTES = 127 * 128;

// The sums of products with numbers of two bytes.
inline IntVector joined(IntVector high, IntVector low) { return (high << 7) + low; }

template <class Layout> class RowsOfTwoBytes {
  public:
    // What a kernel reads for a tile of ROWS rows: codes in this layout, scales and sums [stripes][ROWS]. A sum is the scale
    // times the sum of the stripe's codes.
    struct Tile {
        const int8_t *high, *low;
        const float *scales, *sums;
    };

    // Quantize `rows` rows, to be multiplied by w, whose chunks have this size.
    void fill(Team& team, const float* x, int64_t ldx, int64_t rows, const KernelLinear& w, int64_t chunk) {
        padded = padded_k(w), stripe = w.stripe;
        const int64_t tiles = (rows + ROWS - 1) / ROWS, stripes = padded / stripe;
        high.resize(tiles * ROWS * padded), low.resize(tiles * ROWS * padded);
        scales.resize(tiles * ROWS * stripes), sums.resize(tiles * ROWS * stripes);
        for_each_row(team, rows, [&](int64_t r) {
            for (int64_t s = 0; s < stripes; s++) quantize(x + r * ldx, r, s, w.k, chunk);
        });
    }
    Tile tile(int64_t row) const {
        const int64_t t = row / ROWS * ROWS, of_stripes = t * (padded / stripe);
        return {high.data() + t * padded, low.data() + t * padded, scales.data() + of_stripes, sums.data() + of_stripes};
    }

  private:
    static constexpr int ROWS = Layout::ROWS;

    void quantize(const float* row, int64_t r, int64_t s, int64_t k, int64_t chunk) {
        const int64_t begin = s * stripe, end = begin + stripe, tile = r / ROWS * ROWS, place = r % ROWS;
        const float largest = largest_size(row + begin, stripe, k - begin);
        const float scale = largest / MOST_OF_TWO_BYTES, inverse = largest > 0 ? MOST_OF_TWO_BYTES / largest : 0;
        Ints sum = {};
        for (int64_t first = begin; first < end; first += chunk) {
            const int64_t to = tile * padded + first * ROWS + Layout::first(place, chunk);
            for (int64_t i = 0; i < chunk; i += LANES) {
                const Ints v = rounded(row, first + i, k, inverse), upper = (v + 64) >> 7;
                sum += v;
                put_quartets<Layout::STEP>(upper, high.data() + to + i / 4 * Layout::STEP);
                put_quartets<Layout::STEP>(v - (upper << 7), low.data() + to + i / 4 * Layout::STEP);
            }
        }
        scales[tile * (padded / stripe) + s * ROWS + place] = scale;
        sums[tile * (padded / stripe) + s * ROWS + place] = scale * float(sum_of(sum));
    }

    std::vector<int8_t> high, low;
    std::vector<float> scales, sums;
    int64_t padded = 0, stripe = 1;
};

using TwoByteRows = RowsOfTwoBytes<Interleaved<TILE_ROWS>>;

}  // namespace
