// Adapters: low-rank updates of linear layers, y += B (scale * A x), for the rows of a step that have an adapter.
//
// A row's bits depend on the row and its adapter only. Rows without an adapter are not touched.

#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "model.h"
#include "panel.h"
#include "team.h"
#include "tile.h"
#include "vector.h"

namespace {

constexpr int RANKS = 4;                             // rows of A that are multiplied at once; Python pads A to them
constexpr int ADAPTED_ROWS = LANES == 16 ? 4 : 2;    // rows of x that are multiplied at once: as many as registers allow
constexpr int64_t RANKS_PER_PIECE = 16;

inline Floats load_floats(const float* p) { return load(p); }
inline Floats load_floats(const bf16* p) {
    typedef uint16_t Halves __attribute__((vector_size(LANES * 2)));
    Halves halves;
    memcpy(&halves, p, sizeof halves);
    return (Floats)(__builtin_convertvector(halves, Bits) << 16);
}
inline Floats load_floats(const f16* p) { return load_halves(p); }

// The sum of a vector's numbers, in pairs.
inline float sum_in_pairs(Floats v) {
    float sums[LANES];
    store(sums, v);
    for (int half = LANES / 2; half; half /= 2)
        for (int i = 0; i < half; i++) sums[i] += sums[i + half];
    return sums[0];
}

// to[r][j] = scales[j] * (x[r] * a[j]) for R rows of x and RANKS rows of A, of k numbers each.
// Rows of A are padded with zeros to a multiple of LANES numbers, `lda`.
template <int R, class T>
inline void shrink_tile(const float* const* x, int64_t k, const T* a, int64_t lda, const float* scales, float* const* to) {
    Floats sums[R][RANKS] = {};
    for (int64_t i = 0; i < k; i += LANES) {
        Floats w[RANKS];
        for (int j = 0; j < RANKS; j++) w[j] = load_floats(a + j * lda + i);
        for (int r = 0; r < R; r++) {
            Floats v = {};
            if (i + LANES <= k) v = load(x[r] + i);
            else memcpy(&v, x[r] + i, sizeof(float) * (k - i));
            for (int j = 0; j < RANKS; j++) sums[r][j] += v * w[j];
        }
    }
    for (int r = 0; r < R; r++)
        for (int j = 0; j < RANKS; j++) to[r][j] = sum_in_pairs(sums[r][j]) * scales[j];
}

template <class T>
inline void shrink_tile_of_rows(
    int rows, const float* const* x, int64_t k, const T* a, int64_t lda, const float* scales, float* const* to
) {
    switch (rows) {
        case 1: return shrink_tile<1, T>(x, k, a, lda, scales, to);
        case 2: return shrink_tile<2, T>(x, k, a, lda, scales, to);
        case 3: return shrink_tile<std::min(3, ADAPTED_ROWS), T>(x, k, a, lda, scales, to);
        default: return shrink_tile<ADAPTED_ROWS, T>(x, k, a, lda, scales, to);
    }
}

// The updates of one linear layer by all adapters of a step. `linear` calls `shrink` once and then `expand`.
class LowRankUpdates {
  public:
    // `memory` holds scale * A x: `step.largest_rank` numbers for each adapted row.
    LowRankUpdates(const KernelStep& step, float* memory) : s(step), shrunk(memory) {}

    // Choose the linear layer: its number among those of the adapters.
    LowRankUpdates* of(int64_t linear) {
        number = linear;
        return s.adapted ? this : nullptr;
    }

    // Compute scale * A x for all adapted rows of x.
    void shrink(Team& team, const float* x, int64_t ldx, int64_t k) {
        const int64_t blocks = (s.adapted + ROWS_PER_PIECE - 1) / ROWS_PER_PIECE;
        const int64_t parts = (s.largest_rank + RANKS_PER_PIECE - 1) / RANKS_PER_PIECE;
        team.share(blocks * parts, [&](int64_t piece) {
            const int64_t end = std::min(s.adapted, (piece / parts + 1) * ROWS_PER_PIECE);
            for (int64_t begin = piece / parts * ROWS_PER_PIECE, count; begin < end; begin += count) {
                count = 1;
                while (begin + count < end && count < ADAPTED_ROWS && s.adapters[begin + count] == s.adapters[begin]) count++;
                const KernelAdapter& adapter = *s.adapters[begin];
                if (adapter.kind == F32) shrink_rows<float>(adapter.linears[number], begin, count, piece % parts, x, ldx, k);
                else if (adapter.kind == BF16) shrink_rows<bf16>(adapter.linears[number], begin, count, piece % parts, x, ldx, k);
                else shrink_rows<f16>(adapter.linears[number], begin, count, piece % parts, x, ldx, k);
            }
        });
    }

    // Add the updates of the panels `first_panel` and its next to acc[count][TWO_PANELS], which holds the rows [begin, begin + count).
    void expand(int64_t begin, int count, int64_t first_panel, float* acc) const {
        for (int r = 0, run; r < count; r += run) {
            const int32_t place = s.places[begin + r];
            run = 1;
            if (place < 0) continue;
            const KernelAdapter& adapter = *s.adapters[place];
            while (run < TILE_ROWS && r + run < count && s.places[begin + r + run] == place + run && s.adapters[place + run] == &adapter) run++;
            const KernelLora& lora = adapter.linears[number];
            if (!lora.rank) continue;
            if (adapter.kind == F32) expand_rows<float>(lora, place, run, first_panel, acc + r * TWO_PANELS);
            else if (adapter.kind == BF16) expand_rows<bf16>(lora, place, run, first_panel, acc + r * TWO_PANELS);
            else expand_rows<f16>(lora, place, run, first_panel, acc + r * TWO_PANELS);
        }
    }

  private:
    template <class T>
    void shrink_rows(const KernelLora& lora, int64_t begin, int64_t count, int64_t part, const float* x, int64_t ldx, int64_t k) {
        const int64_t lda = (k + LANES - 1) / LANES * LANES;
        const float* from[ADAPTED_ROWS];
        float* to[ADAPTED_ROWS];
        for (int64_t j = part * RANKS_PER_PIECE; j < std::min(lora.rank, (part + 1) * RANKS_PER_PIECE); j += RANKS) {
            for (int64_t r = 0; r < count; r++) {
                from[r] = x + s.adapted_rows[begin + r] * ldx;
                to[r] = shrunk + (begin + r) * s.largest_rank + j;
            }
            shrink_tile_of_rows<T>(int(count), from, k, (const T*)lora.a + j * lda, lda, lora.scales + j, to);
        }
    }

    template <class T>
    void expand_rows(const KernelLora& lora, int64_t place, int count, int64_t first_panel, float* acc) const {
        for (int half = 0; half < 2; half++) {
            const KernelLoraPanel& panel = lora.panels[first_panel + half];
            const float* from = shrunk + place * s.largest_rank + panel.first;
            const T* weights = (const T*)lora.b + panel.begin;
            if (panel.rank)
                tile_of_rows<T>(count, from, s.largest_rank, panel.rank, panel.rank, [&](int64_t) { return weights; },
                                acc + half * PANEL, TWO_PANELS);
        }
    }

    const KernelStep& s;
    float* shrunk;
    int64_t number = 0;
};

}  // namespace
