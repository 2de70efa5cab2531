// Products of rows of bytes with quantized matrices on the tile registers of AMX.
//
// A tile of rows holds one chunk of k for 16 rows, a tile of columns one chunk for LANES columns, as `Quartets` lay it out.
// The sums of a chunk are exact integers, and what follows is the code of quantized.h. So a row has the same bits as
// without tiles, and only many rows are computed with them: one row would use a sixteenth of a tile.

#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "amx.h"
#include "codes.h"
#include "formats.h"
#include "integers.h"
#include "model.h"
#include "quantized.h"
#include "quantized_rows.h"
#include "tile_registers.h"
#include "two_byte_rows.h"

namespace {

constexpr int TILED_CHUNK = 32;                // k
constexpr int TILED_UNITS = TILED_CHUNK / 4;  // quartets of k
constexpr int TILED_BLOCK = 6 * TILE;          // rows that are computed with a chunk of weights, once it is unpacked

// Whether tiles can multiply matrices of this format.
template <class F>
constexpr bool FITS_TILES =
    LANES == TILE && (HAS_TWO_BYTES<F> || (std::is_same_v<RowsOf<F>, ByteRows> && F::CHUNK == TILED_CHUNK));
template <class F>
using TiledRowsOf = std::conditional_t<HAS_TWO_BYTES<F>, RowsOfTwoBytes<ByRow<TILE>>, RowsOfBytes<ByRow<TILE>>>;

// The two halves of a panel's columns in one chunk, and their products with TILE rows of bytes [row][k].
class RegisterTiles {
  public:
    RegisterTiles() : tiles(SIZES, true) {}
    void load_columns(const IntVector* first, const IntVector* second) { load_tile<3>(first), load_tile<4>(second); }
    void multiply(const int8_t* rows, IntVector (&sums)[2][TILE]) {
        zero_tile<0>(), zero_tile<1>(), load_tile<2>(rows, TILED_CHUNK);
        multiply_byte_tiles<0, 2, 3>(), store_tile<0>(sums[0]);
        multiply_byte_tiles<1, 2, 4>(), store_tile<1>(sums[1]);
    }

  private:
    // Tiles 0 and 1 are sums, 2 holds rows, 3 and 4 hold columns. The others are not used.
    static constexpr TileSizes SIZES = {{16, 16, 16, TILED_UNITS, TILED_UNITS}, {64, 64, TILED_CHUNK, 64, 64}};
    const Tiles tiles;
};

// The same in plain C++, for tests.
class PlainTiles {
  public:
    void load_columns(const IntVector* first, const IntVector* second) { columns[0] = first, columns[1] = second; }
    void multiply(const int8_t* rows, IntVector (&sums)[2][TILE]) {
        for (int half = 0; half < 2; half++)
            for (int r = 0; r < TILE; r++) {
                sums[half][r] = IntVector{};
                for (int i = 0; i < TILED_UNITS; i++)
                    sums[half][r] = portable::dot4(sums[half][r], columns[half][i], broadcast_word(rows + r * TILED_CHUNK + 4 * i));
            }
    }

  private:
    const IntVector* columns[2];
};

// acc[r][PANEL] = `count` rows of x, from `begin` on, times the panel. Rows of acc are TWO_PANELS apart, and there is room
// for whole tiles of rows.
template <class F, class Products>
void multiply_panel_by_tiles(
    Products& products, const TiledRowsOf<F>& x, int64_t begin, int count, const uint8_t* panel, const KernelLinear& w, float* acc
) {
    alignas(64) IntVector columns[2][TILED_UNITS], sums[2][TILE];
    const int padded = (count + TILE - 1) / TILE * TILE;
    for (int r = 0; r < padded; r++) memset(acc + r * TWO_PANELS, 0, sizeof(float) * PANEL);
    const int64_t stripes = (w.k + w.stripe - 1) / w.stripe, chunks = w.stripe / F::CHUNK;
    for (int64_t s = 0, number = 0; s < stripes; s++, panel += F::stripe_bytes(w.stripe)) {
        const uint8_t* chunk = panel + F::HEADER_BYTES;
        for (int64_t c = 0; c < chunks; c++, number++, chunk += F::CHUNK_BYTES) {
            const ColumnScales first = F::Scales::load(panel, chunk, 0), second = F::Scales::load(panel, chunk, 1);
            for (int half = 0; half < 2; half++) F::Codes::unpack(chunk + F::Scales::CHUNK_BYTES, half, columns[half]);
            products.load_columns(columns[0], columns[1]);
            for (int r = 0; r < padded; r += TILE) {
                const auto tile = x.tile(begin + r);
                const float *scales = tile.scales + number * TILE, *row_sums = tile.sums + number * TILE;
                products.multiply(tile.codes + number * TILED_CHUNK * TILE, sums);
                add_chunk<TILE>(first, sums[0], scales, row_sums, acc + r * TWO_PANELS);
                add_chunk<TILE>(second, sums[1], scales, row_sums, acc + r * TWO_PANELS + LANES);
            }
        }
    }
}

// The products of a stripe with TILE rows of two bytes, for both halves of a panel's columns.
class TwoByteRegisterTiles {
  public:
    TwoByteRegisterTiles() : tiles(FULL_TILES, true) {}
    void clear() { zero_tile<0>(), zero_tile<1>(), zero_tile<2>(), zero_tile<3>(); }
    // Rows [row][k of a chunk], columns [half][k / 4][column][4].
    void add(const int8_t* high, const int8_t* low, const uint8_t* columns) {
        load_tile<4>(high), load_tile<6>(columns), multiply_byte_tiles<0, 4, 6>();
        load_tile<7>(columns + TILE * ROW_BYTES), multiply_byte_tiles<1, 4, 7>();
        load_tile<5>(low), multiply_byte_tiles<2, 5, 6>(), multiply_byte_tiles<3, 5, 7>();
    }
    void read(IntVector (&sums)[2][2][TILE]) {  // [byte][half]
        store_tile<0>(sums[0][0]), store_tile<1>(sums[0][1]), store_tile<2>(sums[1][0]), store_tile<3>(sums[1][1]);
    }

  private:
    const Tiles tiles;
};

// The same in plain C++, for tests.
class TwoBytePlainTiles {
  public:
    void clear() { memset(sums, 0, sizeof sums); }
    void add(const int8_t* high, const int8_t* low, const uint8_t* columns) {
        for (int half = 0; half < 2; half++, columns += TILE * ROW_BYTES)
            for (int r = 0; r < TILE; r++)
                for (int i = 0; i < ROW_BYTES; i += 4) {
                    const IntVector codes = load_ints(columns + i * TILE);
                    sums[0][half][r] = portable::dot4(sums[0][half][r], codes, broadcast_word(high + r * ROW_BYTES + i));
                    sums[1][half][r] = portable::dot4(sums[1][half][r], codes, broadcast_word(low + r * ROW_BYTES + i));
                }
    }
    void read(IntVector (&to)[2][2][TILE]) { memcpy(to, sums, sizeof sums); }

  private:
    alignas(64) IntVector sums[2][2][TILE];
};

// `multiply_panel_by_tiles` for rows of two bytes. The sums of a stripe and TILE rows are scaled while the tiles multiply the next
// ones.
template <class F, class Products>
void multiply_panel_by_two_byte_tiles(
    Products& products, const TiledRowsOf<F>& x, int64_t begin, int count, const uint8_t* panel, const KernelLinear& w, float* acc
) {
    alignas(64) IntVector sums[2][2][TILE];
    const int tiles = (count + TILE - 1) / TILE;
    for (int r = 0; r < tiles * TILE; r++) memset(acc + r * TWO_PANELS, 0, sizeof(float) * PANEL);
    const int64_t stripes = (w.k + w.stripe - 1) / w.stripe, chunks = w.stripe / F::CHUNK, squares = stripes * tiles;
    const auto multiply = [&](int64_t square) {
        const int64_t s = square / tiles, first = s * w.stripe * TILE;
        const auto tile = x.tile(begin + square % tiles * TILE);
        const int8_t *high = tile.high + first, *low = tile.low + first;
        const uint8_t* chunk = panel + s * F::stripe_bytes(w.stripe) + F::HEADER_BYTES;
        products.clear();
        for (int64_t c = 0; c < chunks; c++, high += F::CHUNK * TILE, low += F::CHUNK * TILE, chunk += F::CHUNK_BYTES)
            products.add(high, low, chunk);
    };
    const auto add = [&](int64_t square) {
        const int64_t s = square / tiles, row = square % tiles * TILE;
        const auto tile = x.tile(begin + row);
        const uint8_t* header = panel + s * F::stripe_bytes(w.stripe);
        const float *scales = tile.scales + s * TILE, *row_sums = tile.sums + s * TILE;
        for (int half = 0; half < 2; half++) {
            const ColumnScales columns = F::Scales::load(header, nullptr, half);
            float* to = acc + row * TWO_PANELS + half * LANES;
            for (int r = 0; r < TILE; r++, to += TWO_PANELS) {
                const IntVector sum[1] = {joined(sums[0][half][r], sums[1][half][r])};
                add_chunk<1>(columns, sum, scales + r, row_sums + r, to);
            }
        }
    };
    multiply(0);
    for (int64_t square = 1; square < squares; square++) products.read(sums), multiply(square), add(square - 1);
    products.read(sums), add(squares - 1);
}

template <class F>
void multiply_two_panels_by_tiles(const KernelLinear& w, int64_t pair, const TiledRowsOf<F>& x, int64_t begin, int count, float* acc) {
    const int64_t bytes = F::panel_bytes(w.k, w.stripe);
    const uint8_t* panel = (const uint8_t*)w.panels + pair * 2 * bytes;
    if constexpr (HAS_TWO_BYTES<F>) {
        TwoByteRegisterTiles products;
        multiply_panel_by_two_byte_tiles<F>(products, x, begin, count, panel, w, acc);
        multiply_panel_by_two_byte_tiles<F>(products, x, begin, count, panel + bytes, w, acc + PANEL);
    } else {
        RegisterTiles products;
        multiply_panel_by_tiles<F>(products, x, begin, count, panel, w, acc);
        multiply_panel_by_tiles<F>(products, x, begin, count, panel + bytes, w, acc + PANEL);
    }
}

// Whether this process can use tiles of bytes, and they compute what they should.
inline bool byte_tiles_are_right() {
    if (!has_tiles(TILE_BYTES)) return false;
    int8_t rows[TILE * TILED_CHUNK];
    alignas(64) IntVector columns[2][TILED_UNITS], sums[2][TILE], expected[2][TILE];
    for (int i = 0; i < TILE * TILED_CHUNK; i++) rows[i] = int8_t(i * 37 + i / 64 * 11);
    for (int half = 0; half < 2; half++)
        for (int i = 0; i < TILED_UNITS * LANES; i++) columns[half][i / LANES][i % LANES] = int32_t((2 * i + half) * 0x9e3779b1u);
    RegisterTiles registers;
    registers.load_columns(columns[0], columns[1]), registers.multiply(rows, sums);
    PlainTiles plain;
    plain.load_columns(columns[0], columns[1]), plain.multiply(rows, expected);
    return !memcmp(sums, expected, sizeof sums);
}
inline bool two_byte_tiles_are_right() {
    int8_t high[2 * TILE * ROW_BYTES], low[2 * TILE * ROW_BYTES];
    uint8_t columns[4 * TILE * ROW_BYTES];
    alignas(64) IntVector sums[2][2][TILE], expected[2][2][TILE];
    for (int i = 0; i < 2 * TILE * ROW_BYTES; i++) high[i] = int8_t(i * 37 + i / 64 * 11), low[i] = int8_t(i * 23 + i / 64 * 5);
    for (int i = 0; i < 4 * TILE * ROW_BYTES; i++) columns[i] = uint8_t(i * 0x9e3779b1u >> 24);
    const auto compute = [&](auto& products, IntVector (&to)[2][2][TILE]) {
        products.clear();
        for (int c = 0; c < 2; c++)
            products.add(high + c * TILE * ROW_BYTES, low + c * TILE * ROW_BYTES, columns + 2 * c * TILE * ROW_BYTES);
        products.read(to);
    };
    TwoByteRegisterTiles registers;
    TwoBytePlainTiles plain;
    compute(registers, sums), compute(plain, expected);
    return !memcmp(sums, expected, sizeof sums);
}

}  // namespace
