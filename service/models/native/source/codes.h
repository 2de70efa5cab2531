// Codes: small integers that stand for weights, as the kernels store and multiply them.
//
// A chunk holds CHUNK successive k of a panel's columns. Its codes lie in quartets or in pairs.
//
//     Quartets<BITS>  each column has four successive k, one in each byte of 32 bits. The codes are unsigned, of 4, 5, 6 or
//                     8 bits. They are multiplied by bytes. Four bits of each code lie two to a byte; the other bits
//                     follow in a plane of their own.
//     Pairs           each column has two successive k of signed bytes. They are multiplied by int16.
//
// All sums of products are exact, in int32.

#pragma once

#include <cstdint>
#include <cstring>

#include "integers.h"
#include "panel.h"
#include "tile.h"
#include "vector.h"

namespace {

inline IntVector broadcast_word(const void* p) {
    int32_t word;
    memcpy(&word, p, 4);
    return broadcast_pair(word);
}
inline IntVector masked(IntVector v, uint8_t mask) { return (IntVector)((Bits)v & (mask * 0x01010101u)); }
// Shifts of 32 bits: bits cross from byte to byte, and `masked` removes them.
template <int COUNT> inline IntVector shifted_right(IntVector v) { return (IntVector)((Bits)v >> COUNT); }
template <int COUNT> inline IntVector shifted_left(IntVector v) { return (IntVector)((Bits)v << COUNT); }

template <int BITS> struct Quartets {
    static constexpr int CHUNK = BITS == 6 ? 16 : 32;
    static constexpr int UNITS = CHUNK / 4;  // quartets of a column
    static constexpr int HALF = UNITS / 2;   // the nibbles of units i and i + HALF lie in one byte
    static constexpr int OTHER_BITS = BITS - 4;
    static constexpr int64_t NIBBLE_BYTES = 4 * PANEL * HALF;
    static constexpr int64_t BYTES = NIBBLE_BYTES + (OTHER_BITS ? 4 * PANEL : 0);

    // The vector that holds `column`, among `count` vectors for each half of the panel, and the byte in it.
    static int64_t place(int count, int vector, int column, int byte) {
        return 4 * ((column / LANES * count + vector) * LANES + column % LANES) + byte;
    }
    static void put(uint8_t* chunk, int column, int k, uint8_t code) {
        const int unit = k / 4, i = unit % HALF;
        chunk[place(HALF, i, column, k % 4)] |= uint8_t((code & 15) << (unit < HALF ? 0 : 4));
        if (OTHER_BITS)
            chunk[NIBBLE_BYTES + place(1, 0, column, k % 4)] |= uint8_t(code >> 4 << (unit < HALF ? 4 : 0) << i * OTHER_BITS);
    }
    static int get(const uint8_t* chunk, int column, int k) {
        const int unit = k / 4, i = unit % HALF;
        int code = chunk[place(HALF, i, column, k % 4)] >> (unit < HALF ? 0 : 4) & 15;
        if (OTHER_BITS) {
            const int bits = chunk[NIBBLE_BYTES + place(1, 0, column, k % 4)] >> (unit < HALF ? 4 : 0) >> i * OTHER_BITS;
            code |= (bits & ((1 << OTHER_BITS) - 1)) << 4;
        }
        return code;
    }

    // The codes of one half of the columns as bytes, [UNITS][LANES][4].
    static void unpack(const uint8_t* chunk, int half, IntVector* to) {
        constexpr uint8_t MASK = ((1 << OTHER_BITS) - 1) << 4;
        const uint8_t* nibbles = chunk + half * NIBBLE_BYTES / 2;
        IntVector high = {};
        if (OTHER_BITS) high = load_ints(chunk + NIBBLE_BYTES + half * 4 * LANES);
        IntVector low = shifted_left<4>(high);
        for (int i = 0; i < HALF; i++, nibbles += 4 * LANES) {
            const IntVector both = load_ints(nibbles);
            to[i] = masked(both, 15) | masked(high, MASK), to[i + HALF] = masked(shifted_right<4>(both), 15) | masked(low, MASK);
            high = shifted_right<OTHER_BITS>(high), low = shifted_right<OTHER_BITS>(low);
        }
    }

    // sums[half][r] += scales[half] * (the codes times R rows of bytes, x [UNITS][TILE_ROWS][4]).
    template <int R>
    static inline void dot(const uint8_t* chunk, const int8_t* x, const IntVector (&scales)[2], IntVector (&sums)[2][R]) {
        if constexpr (BITS == 4) return dot_nibbles<R>(chunk, x, scales, sums);
        const uint8_t* others = chunk + NIBBLE_BYTES;
        dot_half<R>(chunk, others, x, scales[0], sums[0]);
        dot_half<R>(chunk + NIBBLE_BYTES / 2, others + 4 * LANES, x, scales[1], sums[1]);
    }

  private:
    template <int R>
    static inline void dot_nibbles(const uint8_t* chunk, const int8_t* x, const IntVector (&scales)[2], IntVector (&sums)[2][R]) {
        IntVector a[R] = {}, b[R] = {};
#pragma GCC unroll 1
        for (int i = 0; i < HALF; i++, chunk += 4 * LANES, x += 4 * TILE_ROWS) {
            const uint8_t* second = chunk + NIBBLE_BYTES / 2;
            add_unit<R>(masked(load_ints(chunk), 15), masked(load_ints(second), 15), x, a, b);
            const IntVector high = shifted_right<4>(load_ints(chunk)), high_of_second = shifted_right<4>(load_ints(second));
            add_unit<R>(masked(high, 15), masked(high_of_second, 15), x + 4 * TILE_ROWS * HALF, a, b);
        }
#pragma GCC unroll 6
        for (int r = 0; r < R; r++) sums[0][r] += scaled(a[r], scales[0]), sums[1][r] += scaled(b[r], scales[1]);
    }
    template <int R>
    static inline void add_unit(IntVector first, IntVector second, const int8_t* x, IntVector (&a)[R], IntVector (&b)[R]) {
#pragma GCC unroll 6
        for (int r = 0; r < R; r++) {
            const IntVector v = broadcast_word(x + 4 * r);
            a[r] = add_products(a[r], first, v), pin(a[r]);
            b[r] = add_products(b[r], second, v), pin(b[r]);
        }
    }

    // Codes below 64 can be summed twice in int16, codes below 32 four times.
    static constexpr int TOGETHER = BITS == 5 ? 2 : 1;  // vectors of nibbles, with two units each

    // One half of the columns.
    template <int R>
    static inline void dot_half(const uint8_t* nibbles, const uint8_t* others, const int8_t* x, IntVector scales, IntVector (&sums)[R]) {
        constexpr uint8_t MASK = ((1 << OTHER_BITS) - 1) << 4;
        IntVector acc[R];
#pragma GCC unroll 6
        for (int r = 0; r < R; r++) acc[r] = sums[r];
        IntVector high = load_ints(others), low = shifted_left<4>(high);
#pragma GCC unroll 1
        for (int i = 0; i < HALF; i += TOGETHER, nibbles += 4 * LANES * TOGETHER, x += 4 * TILE_ROWS * TOGETHER) {
            IntVector a[TOGETHER], b[TOGETHER];
#pragma GCC unroll 2
            for (int j = 0; j < TOGETHER; j++) {
                const IntVector both = load_ints(nibbles + 4 * LANES * j);
                a[j] = masked(both, 15) | masked(high, MASK), b[j] = masked(shifted_right<4>(both), 15) | masked(low, MASK);
                high = shifted_right<OTHER_BITS>(high), low = shifted_right<OTHER_BITS>(low);
            }
#pragma GCC unroll 6
            for (int r = 0; r < R; r++) {
                IntVector products = {};
#pragma GCC unroll 2
                for (int j = 0; j < TOGETHER; j++) {
                    products = add_products(products, a[j], broadcast_word(x + 4 * (TILE_ROWS * j + r)));
                    products = add_products(products, b[j], broadcast_word(x + 4 * (TILE_ROWS * (HALF + j) + r)));
                }
                acc[r] += scaled(products, scales);
                pin(acc[r]);
            }
        }
#pragma GCC unroll 6
        for (int r = 0; r < R; r++) sums[r] = acc[r];
    }
};

// Codes of eight bits lie as they are. Only processors with dot products of bytes multiply them fast.
template <int CHUNK_> struct WholeQuartets {
    static constexpr int CHUNK = CHUNK_;
    static constexpr int UNITS = CHUNK / 4;
    static constexpr int64_t BYTES = CHUNK * PANEL;

    static int64_t place(int column, int k) {
        return 4 * ((column / LANES * UNITS + k / 4) * LANES + column % LANES) + k % 4;
    }
    static void put(uint8_t* chunk, int column, int k, uint8_t code) { chunk[place(column, k)] = code; }
    static int get(const uint8_t* chunk, int column, int k) { return chunk[place(column, k)]; }

    // The codes of one half of the columns, [UNITS][LANES][4].
    static void unpack(const uint8_t* chunk, int half, IntVector* to) {
        memcpy(to, chunk + half * UNITS * 4 * LANES, UNITS * 4 * LANES);
    }

    // sums[half][r] += the codes times R rows of bytes, x [UNITS][TILE_ROWS][4]. There are no integer scales.
    template <int R>
    static inline void dot(const uint8_t* chunk, const int8_t* x, const IntVector (&)[2], IntVector (&sums)[2][R]) {
        IntVector a[R], b[R];
#pragma GCC unroll 6
        for (int r = 0; r < R; r++) a[r] = sums[0][r], b[r] = sums[1][r];
#pragma GCC unroll 1
        for (int i = 0; i < UNITS; i++, chunk += 4 * LANES, x += 4 * TILE_ROWS) {
            const IntVector first = load_ints(chunk), second = load_ints(chunk + 4 * LANES * UNITS);
#pragma GCC unroll 6
            for (int r = 0; r < R; r++) {
                const IntVector v = broadcast_word(x + 4 * r);
                a[r] = dot4(a[r], first, v), pin(a[r]);
                b[r] = dot4(b[r], second, v), pin(b[r]);
            }
        }
#pragma GCC unroll 6
        for (int r = 0; r < R; r++) sums[0][r] = a[r], sums[1][r] = b[r];
    }

    // sums[byte][half][r] += the codes times the high and the low bytes of R rows, [UNITS][TILE_ROWS][4] each.
    template <int R>
    static inline void dot_bytes(const uint8_t* chunk, const int8_t* high, const int8_t* low, IntVector (&sums)[2][2][R]) {
        IntVector a[R], b[R], c[R], d[R];
#pragma GCC unroll 6
        for (int r = 0; r < R; r++) a[r] = sums[0][0][r], b[r] = sums[0][1][r], c[r] = sums[1][0][r], d[r] = sums[1][1][r];
#pragma GCC unroll 1
        for (int i = 0; i < UNITS; i++, chunk += 4 * LANES, high += 4 * TILE_ROWS, low += 4 * TILE_ROWS) {
            const IntVector first = load_ints(chunk), second = load_ints(chunk + 4 * LANES * UNITS);
#pragma GCC unroll 6
            for (int r = 0; r < R; r++) {
                const IntVector v = broadcast_word(high + 4 * r), w = broadcast_word(low + 4 * r);
                a[r] = dot4(a[r], first, v), pin(a[r]);
                b[r] = dot4(b[r], second, v), pin(b[r]);
                c[r] = dot4(c[r], first, w), pin(c[r]);
                d[r] = dot4(d[r], second, w), pin(d[r]);
            }
        }
#pragma GCC unroll 6
        for (int r = 0; r < R; r++) sums[0][0][r] = a[r], sums[0][1][r] = b[r], sums[1][0][r] = c[r], sums[1][1][r] = d[r];
    }
};
template <> struct Quartets<8> : WholeQuartets<32> {};

struct Pairs {
    static constexpr int CHUNK = 32;
    static constexpr int64_t BYTES = CHUNK * PANEL;

    static void put(uint8_t* chunk, int column, int k, int8_t code) {
        chunk[k / 2 * 2 * PANEL + 2 * column + k % 2] = uint8_t(code);
    }
    static int get(const uint8_t* chunk, int column, int k) {
        return int8_t(chunk[k / 2 * 2 * PANEL + 2 * column + k % 2]);
    }

    // sums[half][r] += the codes times R rows of int16, x [CHUNK / 2][TILE_ROWS][2].
    template <int R> static inline void dot(const uint8_t* chunk, const int16_t* x, IntVector (&sums)[2][R]) {
        IntVector a[R], b[R];
#pragma GCC unroll 6
        for (int r = 0; r < R; r++) a[r] = sums[0][r], b[r] = sums[1][r];
#pragma GCC unroll 1
        for (int i = 0; i < CHUNK / 2; i++, chunk += 2 * PANEL, x += 2 * TILE_ROWS) {
            prefetch(chunk);
            const IntVector first = widen_bytes((const int8_t*)chunk), second = widen_bytes((const int8_t*)chunk + PANEL);
#pragma GCC unroll 6
            for (int r = 0; r < R; r++) {
                const IntVector v = broadcast_word(x + 2 * r);
                a[r] += multiply_pairs(v, first), pin(a[r]);
                b[r] += multiply_pairs(v, second), pin(b[r]);
            }
        }
#pragma GCC unroll 6
        for (int r = 0; r < R; r++) sums[0][r] = a[r], sums[1][r] = b[r];
    }
};

}  // namespace
