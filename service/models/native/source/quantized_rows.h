// Rows of activations as integers, to be multiplied by codes.
//
//     ByteRows   bytes with a scale for each chunk of k
//     BlockRows  bytes with a scale for each 32 k, for formats whose chunks have integers as scales
//     PairRows   int16 with a scale for each row: nearly exact
//
// short_sum_rows.h has the rows for weights of eight bits on processors that multiply bytes in int16.
//
// Rows lie in tiles of TILE_ROWS. The numbers that a kernel reads together lie side by side: the rows of a tile would
// otherwise compete for few places of the processor's cache. The numbers of a row depend on nothing but the row.

#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "codes.h"
#include "model.h"
#include "panel.h"
#include "team.h"
#include "vector.h"

namespace {

// The k of a quantized matrix, padded to whole stripes.
inline int64_t padded_k(const KernelLinear& w) { return (w.k + w.stripe - 1) / w.stripe * w.stripe; }

// The largest size of `count` numbers; those behind `end` count as zero.
inline float largest_size(const float* row, int64_t count, int64_t end) {
    const int64_t stop = std::max<int64_t>(0, std::min(count, end)), whole = stop / LANES * LANES;
    Floats best = {};
    for (int64_t i = 0; i < whole; i += LANES) {
        const Floats size = (Floats)((Bits)load(row + i) & 0x7fffffffu);
        best = size > best ? size : best;
    }
    float largest = largest_of(best);
    for (int64_t i = whole; i < stop; i++) {
        const float size = row[i] < 0 ? -row[i] : row[i];
        largest = size > largest ? size : largest;
    }
    return largest;
}

// The integers next to row[i] * factor, ties to even, for LANES numbers from i on; zeros behind `end`.
inline Ints rounded(const float* row, int64_t i, int64_t end, float factor) {
    Floats v = {};
    if (i + LANES <= end) v = load(row + i);
    else if (i < end) memcpy(&v, row + i, sizeof(float) * (end - i));
    const Floats magic = broadcast(12582912.0f);  // 1.5 * 2^23: behind it, float32 has no fractions
    return (Ints)((Bits)(v * broadcast(factor) + magic)) - (Ints)((Bits)magic);
}

inline int32_t sum_of(Ints v) {
#if KERNEL_AVX512
    return _mm512_reduce_add_epi32((__m512i)v);
#else
    int32_t sum = 0;
    for (int i = 0; i < LANES; i++) sum += v[i];
    return sum;
#endif
}

// Write LANES numbers as bytes, in quartets that are STEP bytes apart.
template <int64_t STEP> inline void put_quartets(Ints v, int8_t* to) {
    alignas(64) int8_t bytes[LANES];
    store_small(v, bytes);
    if constexpr (STEP == 4) memcpy(to, bytes, LANES);
    else
        for (int j = 0; j < LANES; j += 4) memcpy(to + j / 4 * STEP, bytes + j, 4);
}

// Write the numbers row[begin..end) times `factor` as bytes, in quartets that are `step` bytes apart. Returns their sum.
inline int32_t put_bytes(const float* row, int64_t begin, int64_t end, int64_t k, float factor, int8_t* to, int64_t step) {
    Ints sum = {};
    for (int64_t i = begin; i < end; i += LANES) {
        const Ints v = rounded(row, i, k, factor);
        sum += v;
        for (int j = 0; j < LANES; j += 4) {
            const uint32_t word = (v[j] & 255) | (v[j + 1] & 255) << 8 | (v[j + 2] & 255) << 16 | uint32_t(v[j + 3]) << 24;
            memcpy(to + (i - begin + j) / 4 * step, &word, 4);
        }
    }
    return sum_of(sum);
}

// How the bytes of a tile lie: codes [k / 4][ROWS][4].
template <int ROWS_> struct Interleaved {
    static constexpr int ROWS = ROWS_, STEP = 4 * ROWS;  // bytes from a row's quartet to its next one
    static int64_t first(int64_t place, int64_t) { return place * 4; }
};
// Codes [chunk][ROWS][k of the chunk].
template <int ROWS_> struct ByRow {
    static constexpr int ROWS = ROWS_, STEP = 4;
    static int64_t first(int64_t place, int64_t chunk) { return place * chunk; }
};

template <class Layout> class RowsOfBytes {
  public:
    // What a kernel reads for a tile of ROWS rows: codes in this layout, scales and sums [chunks][ROWS]. A sum is the
    // scale times the sum of the chunk's codes.
    struct Tile {
        const int8_t* codes;
        const float *scales, *sums;
    };

    // Quantize `rows` rows, to be multiplied by w, whose chunks have this size.
    void fill(Team& team, const float* x, int64_t ldx, int64_t rows, const KernelLinear& w, int64_t chunk) {
        padded = padded_k(w), chunks = padded / chunk;
        const int64_t tiles = (rows + ROWS - 1) / ROWS;
        codes.resize(tiles * ROWS * padded);
        scales.resize(tiles * ROWS * chunks), sums.resize(tiles * ROWS * chunks);
        for_each_row(team, rows, [&](int64_t r) {
            for (int64_t c = 0; c < chunks; c++) quantize(x + r * ldx, r, c, w.k, chunk);
        });
    }
    Tile tile(int64_t row) const {
        const int64_t t = row / ROWS * ROWS;
        return {codes.data() + t * padded, scales.data() + t * chunks, sums.data() + t * chunks};
    }

  private:
    static constexpr int ROWS = Layout::ROWS;

    void quantize(const float* row, int64_t r, int64_t c, int64_t k, int64_t chunk) {
        const int64_t begin = c * chunk, tile = r / ROWS * ROWS, place = r % ROWS;
        const float largest = largest_size(row + begin, chunk, k - begin);
        const float scale = largest / 127, inverse = largest > 0 ? 127 / largest : 0;
        int8_t* to = codes.data() + tile * padded + begin * ROWS + Layout::first(place, chunk);
        const int32_t sum = put_bytes(row, begin, begin + chunk, k, inverse, to, Layout::STEP);
        scales[tile * chunks + c * ROWS + place] = scale;
        sums[tile * chunks + c * ROWS + place] = scale * float(sum);
    }

    std::vector<int8_t> codes;
    std::vector<float> scales, sums;
    int64_t padded = 0, chunks = 0;
};

using ByteRows = RowsOfBytes<Interleaved<TILE_ROWS>>;

class BlockRows {
  public:
    // The k that share a scale. ggml has 256 of them, with which the perplexity of a model of 1.5 billion parameters is 1.6
    // to 3.1 % worse.
    static constexpr int64_t BLOCK = 32;

    // What a kernel reads for a tile: codes [k / 4][TILE_ROWS][4], scales [blocks][TILE_ROWS], and the sums of the codes of
    // each chunk, [chunks / 2][TILE_ROWS][2].
    struct Tile {
        const int8_t* codes;
        const float* scales;
        const int16_t* sums;
    };

    // Quantize `rows` rows, to be multiplied by w, whose chunks have this size. Its k is a multiple of BLOCK.
    void fill(Team& team, const float* x, int64_t ldx, int64_t rows, const KernelLinear& w, int64_t chunk) {
        k = w.k, chunks = k / chunk;
        const int64_t tiles = (rows + TILE_ROWS - 1) / TILE_ROWS;
        codes.resize(tiles * TILE_ROWS * k);
        scales.resize(tiles * TILE_ROWS * (k / BLOCK)), sums.resize(tiles * TILE_ROWS * chunks);
        for_each_row(team, rows, [&](int64_t r) {
            const int64_t tile = r / TILE_ROWS * TILE_ROWS, place = r % TILE_ROWS;
            for (int64_t begin = 0; begin < k; begin += BLOCK) {
                const float largest = largest_size(x + r * ldx + begin, BLOCK, BLOCK), inverse = largest > 0 ? 127 / largest : 0;
                scales[tile * (k / BLOCK) + begin / BLOCK * TILE_ROWS + place] = largest / 127;
                for (int64_t first = begin; first < begin + BLOCK; first += chunk) {
                    int8_t* to = codes.data() + tile * k + first * TILE_ROWS + place * 4;
                    const int64_t c = first / chunk;
                    sums[tile * chunks + c / 2 * 2 * TILE_ROWS + place * 2 + c % 2] =
                        int16_t(put_bytes(x + r * ldx, first, first + chunk, k, inverse, to, 4 * TILE_ROWS));
                }
            }
        });
    }
    Tile tile(int64_t row) const {
        const int64_t t = row / TILE_ROWS * TILE_ROWS;
        return {codes.data() + t * k, scales.data() + t * (k / BLOCK), sums.data() + t * chunks};
    }

  private:
    std::vector<int8_t> codes;
    std::vector<float> scales;
    std::vector<int16_t> sums;
    int64_t k = 0, chunks = 0;
};

class PairRows {
  public:
    // What a kernel reads for a tile: codes [k / 2][TILE_ROWS][2], the scale of each row, and the sums of the codes in
    // each chunk, [chunks][TILE_ROWS].
    struct Tile {
        const int16_t* codes;
        const float *scales, *sums;
    };

    // Quantize `rows` rows, to be multiplied by w, whose chunks have this size.
    void fill(Team& team, const float* x, int64_t ldx, int64_t rows, const KernelLinear& w, int64_t chunk) {
        padded = padded_k(w), chunks = padded / chunk;
        const int64_t tiles = (rows + TILE_ROWS - 1) / TILE_ROWS;
        codes.resize(tiles * TILE_ROWS * padded);
        scales.resize(tiles * TILE_ROWS), sums.resize(tiles * TILE_ROWS * chunks);
        for_each_row(team, rows, [&](int64_t r) { quantize(x + r * ldx, r, w.k, chunk); });
    }
    Tile tile(int64_t row) const {
        const int64_t t = row / TILE_ROWS * TILE_ROWS;
        return {codes.data() + t * padded, scales.data() + t, sums.data() + t * chunks};
    }

  private:
    static constexpr float STEPS = 32767;  // a chunk's sum of products with bytes stays below 2^31

    void quantize(const float* row, int64_t r, int64_t k, int64_t chunk) {
        const int64_t tile = r / TILE_ROWS * TILE_ROWS, place = r % TILE_ROWS;
        const float largest = largest_size(row, k, k), inverse = largest > 0 ? STEPS / largest : 0;
        int16_t* to = codes.data() + tile * padded + place * 2;
        for (int64_t c = 0; c < chunks; c++) {
            Ints sum = {};
            for (int64_t i = c * chunk; i < (c + 1) * chunk; i += LANES) {
                const Ints v = rounded(row, i, k, inverse);
                sum += v;
                for (int j = 0; j < LANES; j += 2) {
                    const uint32_t word = (v[j] & 0xffff) | uint32_t(v[j + 1]) << 16;
                    memcpy(to + (i + j) * TILE_ROWS, &word, 4);
                }
            }
            sums[tile * chunks + c * TILE_ROWS + place] = float(sum_of(sum));
        }
        scales[r] = largest / STEPS;
    }

    std::vector<int16_t> codes;
    std::vector<float> scales, sums;
    int64_t padded = 0, chunks = 0;
};

}  // namespace
