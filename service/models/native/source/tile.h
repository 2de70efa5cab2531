// The microkernels: a few rows of x times a panel. Linears, attention scores and the sum over values all use them.
//
// Every output is summed over k in order, in float32 with fused multiply-adds (int8: exactly, in int32). The result of
// a row does not depend on the number of rows that are computed together.

#pragma once

#include <cstdint>
#include <cstring>

#include "panel.h"
#include "vector.h"

namespace {

constexpr int TILE_ROWS = 6;  // 6 * 2 accumulators, 2 vectors of weights and a broadcast fit into 16 registers
constexpr int INT8_TILE_ROWS = 3;  // 6 rows would need a product each besides their sums: too many registers

// acc[r][PANEL] += x[r][0..k) * panel for R rows, which begin at x, x + ldx, ...
// The panel may be cut along k into pieces of `piece` numbers; `panels(s)` is the address of the s-th piece.
template <int R, class T, class Panels>
inline void tile(const float* x, int64_t ldx, int64_t k, int64_t piece, Panels panels, float* acc, int64_t lda) {
    Floats a[R], b[R];
    for (int r = 0; r < R; r++) a[r] = load(acc + r * lda), b[r] = load(acc + r * lda + LANES);
    for (int64_t begin = 0, s = 0; begin < k; begin += piece, s++) {
        const T* panel = panels(s);
        int64_t end = begin + piece < k ? begin + piece : k;
        for (int64_t i = begin; i < end; i++, panel += PANEL) {
            Floats w0, w1;
            load_columns(panel, w0, w1);
            for (int r = 0; r < R; r++) {
                Floats v = broadcast(x[r * ldx + i]);
                a[r] += v * w0;
                b[r] += v * w1;
            }
        }
    }
    for (int r = 0; r < R; r++) store(acc + r * lda, a[r]), store(acc + r * lda + LANES, b[r]);
}

// `tile` for a number of rows that is known at run time, at most TILE_ROWS.
template <class T, class Panels>
inline void tile_of_rows(
    int rows, const float* x, int64_t ldx, int64_t k, int64_t piece, Panels panels, float* acc, int64_t lda
) {
    switch (rows) {
        case 1: return tile<1, T>(x, ldx, k, piece, panels, acc, lda);
        case 2: return tile<2, T>(x, ldx, k, piece, panels, acc, lda);
        case 3: return tile<3, T>(x, ldx, k, piece, panels, acc, lda);
        case 4: return tile<4, T>(x, ldx, k, piece, panels, acc, lda);
        case 5: return tile<5, T>(x, ldx, k, piece, panels, acc, lda);
        default: return tile<6, T>(x, ldx, k, piece, panels, acc, lda);
    }
}

// With a single row the memory is the limit, so weights are requested this many bytes before they are needed.
constexpr int PREFETCH_BYTES = 2048;

template <int R> inline void prefetch(const void* p) {
    if (R == 1) __builtin_prefetch((const char*)p + PREFETCH_BYTES);
}

// acc[r][TWO_PANELS] = x[r][0..k) * (panels p and q) for R <= 3 rows. With one panel, so few rows would have too few
// independent sums to hide the latency of an addition.
template <int R, class T>
inline void two_panel_tile(const float* x, int64_t ldx, int64_t k, const T* p, const T* q, float* acc) {
    Floats a[R] = {}, b[R] = {}, c[R] = {}, d[R] = {};
    for (int64_t i = 0; i < k; i++, p += PANEL, q += PANEL) {
        Floats w0, w1, w2, w3;
        prefetch<R>(p), prefetch<R>(q);
        load_columns(p, w0, w1);
        load_columns(q, w2, w3);
        for (int r = 0; r < R; r++) {
            Floats v = broadcast(x[r * ldx + i]);
            a[r] += v * w0, b[r] += v * w1, c[r] += v * w2, d[r] += v * w3;
        }
    }
    for (int r = 0; r < R; r++) {
        float* to = acc + r * TWO_PANELS;
        store(to, a[r]), store(to + LANES, b[r]), store(to + PANEL, c[r]), store(to + PANEL + LANES, d[r]);
    }
}

// acc[r][PANEL] = x[r] * panel for R rows of int16 and a panel of int8. Rows of acc are TWO_PANELS apart.
template <int R>
inline void int8_tile(const int16_t* x, int64_t ldx, int64_t pairs, const int8_t* panel, int32_t* acc) {
    IntVector a[R] = {}, b[R] = {};
    for (int64_t i = 0; i < pairs; i++, panel += 2 * PANEL) {
        prefetch<R>(panel);
        IntVector w0 = widen_bytes(panel), w1 = widen_bytes(panel + PANEL);
        for (int r = 0; r < R; r++) {
            int32_t both;
            memcpy(&both, x + r * ldx + 2 * i, 4);
            IntVector v = broadcast_pair(both);
            a[r] = add(a[r], multiply_pairs(v, w0));
            b[r] = add(b[r], multiply_pairs(v, w1));
        }
    }
    for (int r = 0; r < R; r++) {
        memcpy(acc + r * TWO_PANELS, &a[r], sizeof(IntVector));
        memcpy(acc + r * TWO_PANELS + LANES, &b[r], sizeof(IntVector));
    }
}

}  // namespace
