// Products of float32 matrices on AMX, whose tile registers hold 16 rows of 64 bytes and multiply bfloat16.
//
// A float32 number is split into the bfloat16 number next to it, high, and the one next to the rest, low. A product is
// high * low + high * high + low * high. What is left out, low * low and the rests of both numbers, is smaller than the
// product by 2^-18 each. (Henry, Tang and Heinecke: Leveraging the bfloat16 Artificial Intelligence Datatype For
// Higher-Precision Computations, 2019.)
//
// The instructions are written as assembler. So one library serves processors with and without AMX, and no compiler
// option is needed. (GCC 12 drops stores to the memory that its own function for the tiles' configuration reads.)

#pragma once

#include <cstdint>
#include <cstring>
#include <utility>

#if defined(__linux__) && defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "panel.h"

namespace {

constexpr int TILE = 16;                        // rows of a tile
constexpr int TILE_K = 2 * TILE;                // numbers in a row of a tile: two for each column of a product
constexpr int TILE_NUMBERS = TILE * TILE_K;
constexpr int SQUARE = 2 * TILE;                // rows and columns that are computed together
constexpr int STEP_NUMBERS = 4 * TILE_NUMBERS;  // [high, low][two tiles]: the numbers of SQUARE rows or columns

// Give the tiles of this thread their full size.
inline void configure_tiles() {
    alignas(64) struct {
        uint8_t palette = 1, start = 0, reserved[14] = {};
        uint16_t bytes[16] = {};
        uint8_t rows[16] = {};
    } sizes;
    for (int i = 0; i < 8; i++) sizes.bytes[i] = 64, sizes.rows[i] = TILE;
    asm volatile("ldtilecfg %0" : : "m"(sizes));
}
inline void release_tiles() { asm volatile("tilerelease" : :); }

template <int T> inline void zero_tile() { asm volatile("tilezero %%tmm%c0" : : "i"(T)); }
template <int T> inline void load_tile(const bf16* from) {
    asm volatile("tileloadd (%1,%2,1), %%tmm%c0" : : "i"(T), "r"(from), "r"(int64_t(64)) : "memory");
}
template <int T> inline void store_tile(float* to, int64_t stride) {
    asm volatile("tilestored %%tmm%c0, (%1,%2,1)" : : "i"(T), "r"(to), "r"(4 * stride) : "memory");
}
// The tile Sum += the tile A times the tile B.
template <int Sum, int A, int B> inline void multiply_tiles() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(Sum), "i"(A), "i"(B));
}

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
    store_tile<0>(acc, SQUARE), store_tile<1>(acc + TILE, SQUARE);
    store_tile<2>(acc + TILE * SQUARE, SQUARE), store_tile<3>(acc + TILE * SQUARE + TILE, SQUARE);
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

// Whether the processor has AMX with bfloat16, the system lets this process use it, and it computes what it should.
inline bool has_amx() {
#if defined(__linux__) && defined(__x86_64__)
    static const bool has = [] {
        constexpr unsigned TILES = 1u << 24, BFLOAT16 = 1u << 22;
        constexpr long REQUEST_PERMISSION = 0x1023, TILE_DATA = 18;
        unsigned a, b, c, d;
        if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || ~d & (TILES | BFLOAT16)) return false;
        if (syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA)) return false;
        configure_tiles();
        const bool is_right = multiplies_squares(multiply_square);
        release_tiles();
        return is_right;
    }();
    return has;
#else
    return false;
#endif
}

// While it lives, the tiles of this thread have their full size. Other libraries may set other sizes before and after.
class Tiles {
  public:
    Tiles() {
        if (has_amx()) configure_tiles();
    }
    ~Tiles() {
        if (has_amx()) release_tiles();
    }
    Tiles(const Tiles&) = delete;
};

}  // namespace
