// Products of float32 matrices on AMX, whose tile registers hold 16 rows of 64 bytes and multiply bfloat16.
//
// A float32 number is split into the bfloat16 number next to it, high, and the one next to the rest, low. A product is
// high * low + high * high + low * high. What is left out, low * low and the rests of both numbers, is smaller than the
// product by 2^-18 each. (Henry, Tang and Heinecke: Leveraging the bfloat16 Artificial Intelligence Datatype For
// Higher-Precision Computations, 2019.)

#pragma once

#include <cstdint>
#include <cstring>
#include <utility>

#include "panel.h"
#include "tile_registers.h"

namespace {

constexpr int TILE_K = 2 * TILE;                // numbers in a row of a tile: two for each column of a product
constexpr int TILE_NUMBERS = TILE * TILE_K;
constexpr int SQUARE = 2 * TILE;                // rows and columns that are computed together
constexpr int STEP_NUMBERS = 4 * TILE_NUMBERS;  // [high, low][two tiles]: the numbers of SQUARE rows or columns

constexpr TileSizes FULL_TILES = {{16, 16, 16, 16, 16, 16, 16, 16}, {64, 64, 64, 64, 64, 64, 64, 64}};

// acc [SQUARE][SQUARE] = A B, where A has SQUARE rows, B has SQUARE columns, and k is TILE_K * steps.
// a: for each step [high, low][two tiles][row][k]. b: for each step [high, low][two tiles][pair of k][column][2].
// The tiles must be configured.
inline void multiply_square(const bf16* a, const bf16* b, int64_t steps, float* acc) {
    // Tiles 0 to 3 are the sums of two tiles of rows with two tiles of columns, 4 and 5 are rows, 6 and 7 are columns.
    zero_tile<0>(), zero_tile<1>(), zero_tile<2>(), zero_tile<3>();
    for (int64_t s = 0; s < steps; s++, a += STEP_NUMBERS, b += STEP_NUMBERS) {
        load_tile<4>(a), load_tile<6>(b + 2 * TILE_NUMBERS), load_tile<7>(b + 3 * TILE_NUMBERS);  // high, low
        multiply_tiles<0, 4, 6>(), multiply_tiles<1, 4, 7>();
        load_tile<5>(a + TILE_NUMBERS);
        multiply_tiles<2, 5, 6>(), multiply_tiles<3, 5, 7>();
        load_tile<6>(b), load_tile<7>(b + TILE_NUMBERS);  // high, high
        multiply_tiles<0, 4, 6>(), multiply_tiles<1, 4, 7>(), multiply_tiles<2, 5, 6>(), multiply_tiles<3, 5, 7>();
        load_tile<4>(a + 2 * TILE_NUMBERS), load_tile<5>(a + 3 * TILE_NUMBERS);  // low, high
        multiply_tiles<0, 4, 6>(), multiply_tiles<1, 4, 7>(), multiply_tiles<2, 5, 6>(), multiply_tiles<3, 5, 7>();
    }
    constexpr int64_t ROW = sizeof(float) * SQUARE;
    store_tile<0>(acc, ROW), store_tile<1>(acc + TILE, ROW);
    store_tile<2>(acc + TILE * SQUARE, ROW), store_tile<3>(acc + TILE * SQUARE + TILE, ROW);
}

// The same for processors without AMX. It is slow and exists for tests.
inline void multiply_square_slowly(const bf16* a, const bf16* b, int64_t steps, float* acc) {
    memset(acc, 0, sizeof(float) * SQUARE * SQUARE);
    for (int64_t s = 0; s < steps; s++, a += STEP_NUMBERS, b += STEP_NUMBERS)
        for (auto [of_a, of_b] : {std::pair{0, 2}, {0, 0}, {2, 0}})  // tiles: high and low, high and high, low and high
            for (int r = 0; r < SQUARE; r++)
                for (int c = 0; c < SQUARE; c++)
                    for (int i = 0; i < TILE_K; i++) {
                        const bf16 x = a[(of_a + r / TILE) * TILE_NUMBERS + r % TILE * TILE_K + i];
                        const bf16 w = b[(of_b + c / TILE) * TILE_NUMBERS + i / 2 * TILE_K + c % TILE * 2 + i % 2];
                        acc[r * SQUARE + c] += widen(x) * widen(w);
                    }
}

// The place of a number of a matrix that needs no splitting: for each SQUARE columns [step][two tiles][pair of k][column][2].
inline int64_t place_in_tiles(int64_t column, int64_t i, int64_t k) {
    const int64_t step = column / SQUARE * (k / TILE_K) + i / TILE_K;
    return step * STEP_NUMBERS / 2 + column % SQUARE / TILE * TILE_NUMBERS + i % TILE_K / 2 * TILE_K + column % TILE * 2 + i % 2;
}

// `multiply_square` for columns that need no splitting. Rows of acc are `stride`
// numbers apart. Of the rows, all SQUARE or the first TILE are computed: a row's bits are the same.
template <bool ALL> inline void multiply_whole_square(const bf16* a, const bf16* b, int64_t steps, float* acc, int64_t stride) {
    zero_tile<0>(), zero_tile<1>();
    if (ALL) zero_tile<2>(), zero_tile<3>();
    for (int64_t s = 0; s < steps; s++, a += STEP_NUMBERS, b += STEP_NUMBERS / 2) {
        load_tile<6>(b), load_tile<7>(b + TILE_NUMBERS);
        load_tile<4>(a + 2 * TILE_NUMBERS), multiply_tiles<0, 4, 6>(), multiply_tiles<1, 4, 7>();  // low
        if (ALL) load_tile<5>(a + 3 * TILE_NUMBERS), multiply_tiles<2, 5, 6>(), multiply_tiles<3, 5, 7>();
        load_tile<4>(a), multiply_tiles<0, 4, 6>(), multiply_tiles<1, 4, 7>();  // high
        if (ALL) load_tile<5>(a + TILE_NUMBERS), multiply_tiles<2, 5, 6>(), multiply_tiles<3, 5, 7>();
    }
    const int64_t row = sizeof(float) * stride;
    store_tile<0>(acc, row), store_tile<1>(acc + TILE, row);
    if (ALL) store_tile<2>(acc + TILE * stride, row), store_tile<3>(acc + TILE * stride + TILE, row);
}

// The same for processors without AMX, for the first `rows` rows. It is slow and exists for tests.
inline void multiply_whole_square_slowly(const bf16* a, const bf16* b, int64_t steps, int rows, float* acc, int64_t stride) {
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < SQUARE; c++) {
            float sum = 0;
            for (int64_t s = 0; s < steps; s++)
                for (int part = 2; part >= 0; part -= 2)  // low, high
                    for (int i = 0; i < TILE_K; i++) {
                        const bf16 x = a[s * STEP_NUMBERS + (part + r / TILE) * TILE_NUMBERS + r % TILE * TILE_K + i];
                        const bf16 w = b[s * STEP_NUMBERS / 2 + c / TILE * TILE_NUMBERS + i / 2 * TILE_K + c % TILE * 2 + i % 2];
                        sum += widen(x) * widen(w);
                    }
            acc[r * stride + c] = sum;
        }
}

// Whether `multiply` computes what `multiply_square` should, with small integers, whose sums are exact.
template <class Multiply> inline bool multiplies_squares(const Multiply& multiply) {
    constexpr int STEPS = 2;
    bf16 a[STEPS * STEP_NUMBERS], b[STEPS * STEP_NUMBERS];
    alignas(64) float acc[SQUARE * SQUARE];
    float expected[SQUARE * SQUARE] = {};
    for (int s = 0; s < STEPS; s++)
        for (int i = 0; i < TILE_K; i++) {
            int rows[2][SQUARE], columns[2][SQUARE];  // high, low
            for (int part = 0; part < 2; part++)
                for (int j = 0; j < SQUARE; j++) {
                    rows[part][j] = (s + 3 * i + 5 * j + part) % 9 - 4;
                    columns[part][j] = (7 * s + i + 2 * j + 4 * part) % 11 - 5;
                    const int tile = s * STEP_NUMBERS + (2 * part + j / TILE) * TILE_NUMBERS;
                    narrow(float(rows[part][j]), a[tile + j % TILE * TILE_K + i]);
                    narrow(float(columns[part][j]), b[tile + i / 2 * TILE_K + j % TILE * 2 + i % 2]);
                }
            for (int r = 0; r < SQUARE; r++)
                for (int c = 0; c < SQUARE; c++) {
                    const int both = columns[0][c] + columns[1][c];
                    expected[r * SQUARE + c] += float(rows[0][r] * both + rows[1][r] * columns[0][c]);
                }
        }
    multiply(a, b, STEPS, acc);
    return !memcmp(acc, expected, sizeof acc);
}

// Whether this process can use tiles of bfloat16, and they compute what they should.
inline bool has_amx() {
    static const bool has = [] {
        if (!has_tiles(TILE_BFLOAT16)) return false;
        const Tiles tiles(FULL_TILES, true);
        return multiplies_squares(multiply_square);
    }();
    return has;
}

}  // namespace
