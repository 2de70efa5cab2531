// Codes of eight bits for processors that multiply bytes in int16.
//
// Each column has four successive k, one in each byte of 32 bits. A signed code is stored as code + 128, without a sign.
// Groups of 16 k are multiplied by rows of bytes whose sums fit into int16: see short_sum_rows.h.

#pragma once

#include <cstdint>

#include "codes.h"
#include "integers.h"
#include "panel.h"
#include "short_sum_rows.h"
#include "tile.h"
#include "vector.h"

#if KERNEL_QUARTETS_IN_SHORTS
namespace {

struct SignedQuartets {
    static constexpr int CHUNK = 32;
    static constexpr int64_t BYTES = CHUNK * PANEL;

    static int64_t place(int column, int k) { return (k / 4 * PANEL + column) * 4 + k % 4; }
    static void put(uint8_t* chunk, int column, int k, int8_t code) { chunk[place(column, k)] = uint8_t(code + 128); }
    static int get(const uint8_t* chunk, int column, int k) { return chunk[place(column, k)] - 128; }

    // sums[r][PANEL] += the codes times R rows of bytes, from the chunk that begins at group `group`.
    template <int R> static inline void dot(const uint8_t* chunk, const ShortSumRows::Tile& x, int64_t group, float* sums) {
        constexpr int GROUP = ShortSumRows::GROUP;
        for (int64_t g = group; g < group + CHUNK / GROUP; g++, chunk += GROUP * PANEL)
            dot_group<R>(chunk, x.codes + g * GROUP * TILE_ROWS, x.biases + g * TILE_ROWS * 2, x.scales + g * TILE_ROWS, sums);
    }

  private:
    template <int R>
    static inline void dot_group(const uint8_t* quartets, const int8_t* x, const int16_t* biases, const float* scales, float* sums) {
        IntVector a[R], b[R];
#pragma GCC unroll 6
        for (int r = 0; r < R; r++) a[r] = broadcast_word(biases + 2 * r), pin(a[r]), b[r] = a[r];
#pragma GCC unroll 4
        for (int i = 0; i < ShortSumRows::GROUP / 4; i++, quartets += 4 * PANEL, x += 4 * TILE_ROWS) {
            pin_memory();
            prefetch(quartets);
            const IntVector first = load_ints(quartets), second = load_ints(quartets + 4 * LANES);
#pragma GCC unroll 6
            for (int r = 0; r < R; r++) {
                const IntVector v = broadcast_word(x + 4 * r);
                a[r] = add_products(a[r], first, v), pin(a[r]);
                b[r] = add_products(b[r], second, v), pin(b[r]);
            }
        }
        pin_memory();
#pragma GCC unroll 6
        for (int r = 0; r < R; r++, sums += PANEL) {
            add_scaled(a[r], scales[r], sums);
            add_scaled(b[r], scales[r], sums + LANES);
        }
    }
    static inline void add_scaled(IntVector shorts, float scale, float* sums) {
        store(sums, load(sums) + __builtin_convertvector(scaled(shorts, ones()), Floats) * broadcast(scale));
    }
};

}  // namespace
#endif
