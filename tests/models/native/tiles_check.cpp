// Multiplies rows by quantized matrices with tiles and without, and prints for each format the sums whose bits differ.

#include <cstdio>
#include <cstring>
#include <vector>

#include "byte_tiles.h"
#include "formats.h"
#include "quantized.h"
#include "team.h"

namespace {

constexpr int ROWS = 37, K = 192;

uint32_t state = 1;
uint32_t random_bits() { return state = state * 1664525 + 1013904223, state ^ state >> 15; }

// Panels of any codes, and of scales whose size is below 2.
template <class F> std::vector<uint8_t> random_panels(const KernelLinear& w) {
    std::vector<uint8_t> panels(quantized_bytes(w.kind, w.n, w.k, w.stripe));
    for (uint8_t& byte : panels) byte = uint8_t(random_bits());
    for (size_t stripe = 0; stripe < panels.size(); stripe += F::stripe_bytes(w.stripe)) {
        for (int i = 3; i < std::min<int>(F::HEADER_BYTES, 4 * PANEL); i += 4) panels[stripe + i] &= 0xbf;
        for (int64_t c = 0; c < w.stripe / F::CHUNK; c++)
            for (int i = 1; i < F::Scales::CHUNK_BYTES; i += 2) panels[stripe + F::chunk_offset(c) + i] &= 0xbf;
    }
    return panels;
}

template <class F> int different_sums(const KernelLinear& w) {
    static_assert(FITS_TILES<F>);
    const std::vector<uint8_t> panels = random_panels<F>(w);
    std::vector<float> x(ROWS * K);
    for (float& number : x) number = float(int32_t(random_bits())) / 1e9f;
    Team team(1);
    RowsOf<F> rows;
    TiledRowsOf<F> tiled;
    std::conditional_t<HAS_TWO_BYTES<F>, TwoBytePlainTiles, PlainTiles> products;
    rows.fill(team, x.data(), K, ROWS, w, F::CHUNK), tiled.fill(team, x.data(), K, ROWS, w, F::CHUNK);
    int different = 0;
    for (int64_t number = 0; number < w.n / PANEL; number++) {
        const uint8_t* panel = panels.data() + number * F::panel_bytes(w.k, w.stripe);
        float by_tiles[TILED_BLOCK * TWO_PANELS], expected[TILE_ROWS * TWO_PANELS];
        if constexpr (HAS_TWO_BYTES<F>) multiply_panel_by_two_byte_tiles<F>(products, tiled, 0, ROWS, panel, w, by_tiles);
        else multiply_panel_by_tiles<F>(products, tiled, 0, ROWS, panel, w, by_tiles);
        for (int begin = 0; begin < ROWS; begin += TILE_ROWS) {
            multiply_panel<F, TILE_ROWS>(rows.tile(begin), panel, w, expected);
            for (int r = 0; r < std::min(TILE_ROWS, ROWS - begin); r++)
                for (int i = r * TWO_PANELS; i < r * TWO_PANELS + PANEL; i++)
                    different += memcmp(expected + i, by_tiles + begin * TWO_PANELS + i, sizeof(float)) || expected[i] == 0;
        }
    }
    return different;
}

}  // namespace

int main() {
    for (int32_t kind : {INT8, STORED_INT8, INT4, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0})
        with_format(kind, [&]<class F>(F) {
            if constexpr (FITS_TILES<F>)
                for (int64_t stripe : {F::CHUNK, K})
                    printf("%d %d\n", kind, different_sums<F>({.n = TWO_PANELS, .k = K, .stripe = stripe, .kind = kind}));
        });
}
