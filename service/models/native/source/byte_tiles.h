// Products of rows of bytes with quantized matrices on the tile registers of AMX.
//
// A tile of rows holds one chunk of k for 16 rows, a tile of columns one chunk for LANES columns, as `Quartets` lay it out.
// The sums of a chunk are exact integers, and what follows is the code of quantized.h. So a row has the same bits as
// without tiles, and only many rows are computed with them: one row would use a sixteenth of a tile.

#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "codes.h"
#include "formats.h"
#include "integers.h"
#include "model.h"
#include "quantized.h"
#include "quantized_rows.h"
#include "tile_registers.h"

namespace {

constexpr int TILED_CHUNK = 32;                // k
constexpr int TILED_UNITS = TILED_CHUNK / 4;  // quartets of k
constexpr int TILED_BLOCK = 6 * TILE;          // rows that are computed with a chunk of weights, once it is unpacked

using TiledRows = RowsOfBytes<ByRow<TILE>>;

// Whether tiles can multiply matrices of this format.
template <class F>
constexpr bool FITS_TILES = LANES == TILE && std::is_same_v<RowsOf<F>, ByteRows> && F::CHUNK == TILED_CHUNK;

// The two halves of a panel's columns in one chunk, and their products with TILE rows of bytes [row][k].
class RegisterTiles {
  public:
    void load_columns(const IntVector* first, const IntVector* second) { load_tile<3>(first), load_tile<4>(second); }
    void multiply(const int8_t* rows, IntVector (&sums)[2][TILE]) {
        zero_tile<0>(), zero_tile<1>(), load_tile<2>(rows, TILED_CHUNK);
        multiply_byte_tiles<0, 2, 3>(), store_tile<0>(sums[0]);
        multiply_byte_tiles<1, 2, 4>(), store_tile<1>(sums[1]);
    }

  private:
    // Tiles 0 and 1 are sums, 2 holds rows, 3 and 4 hold columns. The others are not used.
    static constexpr TileSizes SIZES = {{16, 16, 16, TILED_UNITS, TILED_UNITS}, {64, 64, TILED_CHUNK, 64, 64}};
    const Tiles tiles{SIZES, true};
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
void multiply_panel_by_tiles(const TiledRows& x, int64_t begin, int count, const uint8_t* panel, const KernelLinear& w, float* acc) {
    Products products;
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

template <class F, class Products>
void multiply_two_panels_by_tiles(const KernelLinear& w, int64_t pair, const TiledRows& x, int64_t begin, int count, float* acc) {
    const int64_t bytes = F::panel_bytes(w.k, w.stripe);
    const uint8_t* panel = (const uint8_t*)w.panels + pair * 2 * bytes;
    multiply_panel_by_tiles<F, Products>(x, begin, count, panel, w, acc);
    multiply_panel_by_tiles<F, Products>(x, begin, count, panel + bytes, w, acc + PANEL);
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

}  // namespace
