// Products of rows of integers with quantized matrices.
//
// Within a chunk the sums are exact, in int32. The chunks of a row are added in their order, in float32. So a row's bits
// do not depend on the rows beside it.

#pragma once

#include <cstdint>
#include <type_traits>

#include "codes.h"
#include "formats.h"
#include "model.h"
#include "panel.h"
#include "quantized_rows.h"
#include "two_byte_rows.h"
#include "vector.h"

namespace {

template <class F> constexpr bool HAS_PAIRS = std::is_same_v<typename F::Codes, Pairs>;
#if KERNEL_QUARTETS_IN_SHORTS
template <class F> constexpr bool HAS_SHORT_SUMS = std::is_same_v<typename F::Codes, SignedQuartets>;
template <class F> using OtherRows = std::conditional_t<HAS_SHORT_SUMS<F>, ShortSumRows, ByteRows>;
#else
template <class F> constexpr bool HAS_SHORT_SUMS = false;
template <class F> using OtherRows = ByteRows;
#endif
template <class F> constexpr bool HAS_TWO_BYTES = std::is_same_v<F, FormatTiledInt8>;
template <class F> struct RowsOfFormat {
    using Rows = std::conditional_t<HAS_PAIRS<F>, PairRows, std::conditional_t<F::Scales::NESTED, BlockRows, OtherRows<F>>>;
};
template <> struct RowsOfFormat<FormatTiledInt8> { using Rows = TwoByteRows; };
template <class F> using RowsOf = typename RowsOfFormat<F>::Rows;

// The scale of rows times LANES columns: acc[r][half] += scale * sums + offset * (the row's sum).
template <int R>
inline void add_chunk(const ColumnScales& columns, const IntVector (&sums)[R], const float* row_scales, const float* row_sums, float* acc) {
#pragma GCC unroll 6
    for (int r = 0; r < R; r++, acc += TWO_PANELS) {
        const Floats factor = row_scales ? columns.scale * broadcast(row_scales[r]) : columns.scale;
        Floats total = load(acc);
        total += __builtin_convertvector(sums[r], Floats) * factor;
        total += broadcast(row_sums[r]) * columns.offset;
        store(acc, total);
    }
}

// acc[r][PANEL] += R rows of x times the stripe, whose chunks have scales of their own. `number` is that of its first chunk.
template <class F, int R, class Tile>
inline void multiply_stripe(const Tile& x, const uint8_t* header, int64_t number, int64_t chunks, float* acc) {
    const uint8_t* chunk = header + F::HEADER_BYTES;
    for (int64_t c = 0; c < chunks; c++, number++, chunk += F::CHUNK_BYTES) {
        pin_memory();
        IntVector sums[2][R] = {};
        const auto* codes = x.codes + number * F::CHUNK * TILE_ROWS;
        const uint8_t* weights = chunk + F::Scales::CHUNK_BYTES;
        if constexpr (HAS_PAIRS<F>) Pairs::dot<R>(weights, codes, sums);
        else F::Codes::template dot<R>(weights, codes, {ones(), ones()}, sums);
        const float* scales = HAS_PAIRS<F> ? nullptr : x.scales + number * TILE_ROWS;
        add_chunk<R>(F::Scales::load(header, chunk, 0), sums[0], scales, x.sums + number * TILE_ROWS, acc);
        add_chunk<R>(F::Scales::load(header, chunk, 1), sums[1], scales, x.sums + number * TILE_ROWS, acc + LANES);
    }
}

// The same for rows of two bytes, whose scales are those of stripes. `number` is that of the stripe.
template <class F, int R>
inline void multiply_two_byte_stripe(const TwoByteRows::Tile& x, const uint8_t* header, int64_t number, int64_t chunks, float* acc) {
    pin_memory();
    IntVector sums[2][2][R] = {};
    const int8_t *high = x.high + number * chunks * F::CHUNK * TILE_ROWS, *low = x.low + number * chunks * F::CHUNK * TILE_ROWS;
    for (int64_t c = 0; c < chunks; c++, high += F::CHUNK * TILE_ROWS, low += F::CHUNK * TILE_ROWS)
        F::Codes::template dot_bytes<R>(header + F::chunk_offset(c), high, low, sums);
    const float *scales = x.scales + number * TILE_ROWS, *row_sums = x.sums + number * TILE_ROWS;
    for (int half = 0; half < 2; half++) {
        for (int r = 0; r < R; r++) sums[0][half][r] = joined(sums[0][half][r], sums[1][half][r]);
        add_chunk<R>(F::Scales::load(header, nullptr, half), sums[0][half], scales, row_sums, acc + half * LANES);
    }
}

// The same for rows with a scale for each group of a chunk. The scales of the columns multiply sums of as many chunks as
// have the same ones.
template <class F, int R, class Tile>
inline void multiply_short_stripe(const Tile& x, const uint8_t* header, int64_t number, int64_t chunks, float* acc) {
    const int64_t together = F::Scales::CHUNK_BYTES ? 1 : chunks, end = number + chunks;
    const uint8_t* chunk = header + F::HEADER_BYTES;
    while (number < end) {
        const int64_t first = number;
        const ColumnScales columns[2] = {F::Scales::load(header, chunk, 0), F::Scales::load(header, chunk, 1)};
        float sums[R * PANEL];
        for (int i = 0; i < R * PANEL; i += LANES) store(sums + i, Floats{});
        for (; number < first + together; number++, chunk += F::CHUNK_BYTES)
            F::Codes::template dot<R>(chunk + F::Scales::CHUNK_BYTES, x, number * (F::CHUNK / x.GROUP), sums);
#pragma GCC unroll 6
        for (int r = 0; r < R; r++)
#pragma GCC unroll 2
            for (int half = 0; half < 2; half++) {
                float* to = acc + r * TWO_PANELS + half * LANES;
                store(to, load(to) + load(sums + r * PANEL + half * LANES) * columns[half].scale);
            }
        if constexpr (F::Scales::HAS_OFFSETS) {
            if (!any(columns[0].offset) && !any(columns[1].offset)) continue;
            for (int r = 0; r < R; r++) {
                float sum = 0;
                for (int64_t c = first; c < number; c++) sum += x.sums[c * TILE_ROWS + r];
                for (int half = 0; half < 2; half++) {
                    float* to = acc + r * TWO_PANELS + half * LANES;
                    store(to, load(to) + broadcast(sum) * columns[half].offset);
                }
            }
        }
    }
}

// The same for chunks that have integers as scales, in units of the stripe. `chunk` is the first of those that multiply one
// block of the rows, number `block`. Their sums are exact in int32.
template <class F, int R>
inline void multiply_nested_block(const BlockRows::Tile& x, const ColumnScales (&units)[2], const uint8_t* chunk, int64_t block, float* acc) {
    constexpr int CHUNKS = BlockRows::BLOCK / F::CHUNK;
    pin_memory();
    IntVector sums[2][R] = {}, offsets[2][R] = {};
    const int8_t* codes = x.codes + block * BlockRows::BLOCK * TILE_ROWS;
    for (int c = 0; c < CHUNKS; c++, codes += F::CHUNK * TILE_ROWS) {
        const uint8_t* own = chunk + c * F::CHUNK_BYTES;
        F::Codes::template dot<R>(
            own + F::Scales::CHUNK_BYTES, codes, {twice(F::Scales::scale(own, 0)), twice(F::Scales::scale(own, 1))}, sums
        );
    }
    const int16_t* row_sums = x.sums + block * CHUNKS / 2 * 2 * TILE_ROWS;
    for (int half = 0; half < 2; half++) {
        if constexpr (CHUNKS == 1) {
            const IntVector one = block % 2 ? F::Scales::offset(chunk, half) << 16 : F::Scales::offset(chunk, half) & 0xffff;
            for (int r = 0; r < R; r++) offsets[half][r] = multiply_pairs(one, broadcast_word(row_sums + 2 * r));
        }
        for (int c = 0; c + 1 < CHUNKS; c += 2) {
            const uint8_t* own = chunk + c * F::CHUNK_BYTES;
            const IntVector two = (F::Scales::offset(own, half) & 0xffff) | F::Scales::offset(own + F::CHUNK_BYTES, half) << 16;
            for (int r = 0; r < R; r++)
                offsets[half][r] += multiply_pairs(two, broadcast_word(row_sums + (c * TILE_ROWS + 2 * r)));
        }
        for (int r = 0; r < R; r++) {
            float* to = acc + r * TWO_PANELS + half * LANES;
            const Floats scale = broadcast(x.scales[block * TILE_ROWS + r]);
            Floats total = load(to);
            if constexpr (F::Scales::ONE_UNIT) {
                total += __builtin_convertvector(sums[half][r] - offsets[half][r], Floats) * (units[half].scale * scale);
            } else {
                total += __builtin_convertvector(sums[half][r], Floats) * (units[half].scale * scale);
                total -= __builtin_convertvector(offsets[half][r], Floats) * (units[half].offset * scale);
            }
            store(to, total);
        }
    }
}

// The same for all chunks of stripe `s`.
template <class F, int R>
inline void multiply_nested_stripe(const BlockRows::Tile& x, const uint8_t* header, int64_t s, float* acc) {
    constexpr int64_t BLOCKS = F::Scales::CHUNKS * F::CHUNK / BlockRows::BLOCK;
    const ColumnScales units[2] = {F::Scales::units(header, 0), F::Scales::units(header, 1)};
    const uint8_t* chunk = header + F::HEADER_BYTES;
    for (int64_t block = s * BLOCKS; block < (s + 1) * BLOCKS; block++, chunk += BlockRows::BLOCK / F::CHUNK * F::CHUNK_BYTES)
        multiply_nested_block<F, R>(x, units, chunk, block, acc);
}

// acc[r][PANEL] = R rows of x times the panel. Rows of acc are TWO_PANELS apart. (GCC 12 spills the sums when this function
// is inlined, and is half as fast.)
template <class F, int R>
__attribute__((noinline)) void multiply_panel(const typename RowsOf<F>::Tile& x, const uint8_t* panel, const KernelLinear& w, float* acc) {
    for (int r = 0; r < R; r++) store(acc + r * TWO_PANELS, Floats{}), store(acc + r * TWO_PANELS + LANES, Floats{});
    const int64_t stripes = (w.k + w.stripe - 1) / w.stripe, chunks = w.stripe / F::CHUNK;
    for (int64_t s = 0; s < stripes; s++, panel += F::stripe_bytes(w.stripe)) {
        if constexpr (F::Scales::NESTED) multiply_nested_stripe<F, R>(x, panel, s, acc);
        else if constexpr (HAS_TWO_BYTES<F>) multiply_two_byte_stripe<F, R>(x, panel, s, chunks, acc);
        else if constexpr (HAS_SHORT_SUMS<F>) multiply_short_stripe<F, R>(x, panel, s * chunks, chunks, acc);
        else multiply_stripe<F, R>(x, panel, s * chunks, chunks, acc);
    }
    if constexpr (HAS_PAIRS<F>)
        for (int r = 0; r < R; r++)
            for (int half = 0; half < 2; half++) {
                float* to = acc + r * TWO_PANELS + half * LANES;
                store(to, load(to) * broadcast(x.scales[r]));
            }
}

// `multiply_panel` for a number of rows that is known at run time. Three and five rows are computed as four and six: every
// tile has memory for TILE_ROWS, and each number of rows takes seconds to compile. One row with short sums is computed as
// two: alone it was measured to read the weights more slowly on Zen 3.
template <class F>
inline void multiply_panel_by_rows(int rows, const typename RowsOf<F>::Tile& x, const uint8_t* panel, const KernelLinear& w, float* acc) {
    if constexpr (!HAS_SHORT_SUMS<F>)
        if (rows == 1) return multiply_panel<F, 1>(x, panel, w, acc);
    if (rows <= 2) multiply_panel<F, 2>(x, panel, w, acc);
    else if (rows <= 4) multiply_panel<F, 4>(x, panel, w, acc);
    else multiply_panel<F, TILE_ROWS>(x, panel, w, acc);
}

// acc[rows][TWO_PANELS] = the tile of `rows` rows times the two panels 2 * pair and 2 * pair + 1.
template <class F>
inline void multiply_two_quantized_panels(const KernelLinear& w, int64_t pair, const RowsOf<F>& x, int64_t begin, int rows, float* acc) {
    const int64_t bytes = F::panel_bytes(w.k, w.stripe);
    const uint8_t* panel = (const uint8_t*)w.panels + pair * 2 * bytes;
    const auto tile = x.tile(begin);
    multiply_panel_by_rows<F>(rows, tile, panel, w, acc);
    multiply_panel_by_rows<F>(rows, tile, panel + bytes, w, acc + PANEL);
}

}  // namespace
