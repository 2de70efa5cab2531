// The microkernels: a few rows of x times a panel. Linears, attention scores and the sum over values all use them.
//
// Every output is summed over k in order, in float32 with fused multiply-adds. The result of
// a row does not depend on the number of rows that are computed together.

#pragma once

#include <cstdint>
#include <cstring>

#include "panel.h"
#include "vector.h"

namespace {

constexpr int TILE_ROWS = 6;  // 6 * 2 accumulators, 2 vectors of weights and a broadcast fit into 16 registers
#if defined(__AVX512F__) && KERNEL_LANES == 16  // there are 32 registers
constexpr int TWO_PANEL_ROWS = 6;
#else
constexpr int TWO_PANEL_ROWS = 3;
#endif

// With few rows the memory is the limit, so weights are requested this many bytes before they are needed. Up to 6 rows
// then take hardly longer than one, on which speculation depends.
constexpr int PREFETCH_BYTES = 2048;

inline void prefetch(const void* p) { __builtin_prefetch((const char*)p + PREFETCH_BYTES); }

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
            prefetch(panel);
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

// `tile` for a number of rows that is known at run time, at most R.
template <class T, int R = TILE_ROWS, class Panels>
inline void tile_of_rows(
    int rows, const float* x, int64_t ldx, int64_t k, int64_t piece, Panels panels, float* acc, int64_t lda
) {
    if constexpr (R > 1)
        if (rows < R) return tile_of_rows<T, R - 1>(rows, x, ldx, k, piece, panels, acc, lda);
    tile<R, T>(x, ldx, k, piece, panels, acc, lda);
}

// acc[r][TWO_PANELS] = x[r][0..k) * (panels p and q) for `rows` rows, at most R. With one panel, few rows would have too
// few independent sums to hide the latency of an addition.
template <class T, int R = TWO_PANEL_ROWS>
inline void two_panel_tile(int rows, const float* x, int64_t ldx, int64_t k, const T* p, const T* q, float* acc) {
    if constexpr (R > 1)
        if (rows < R) return two_panel_tile<T, R - 1>(rows, x, ldx, k, p, q, acc);
    Floats a[R] = {}, b[R] = {}, c[R] = {}, d[R] = {};
    for (int64_t i = 0; i < k; i++, p += PANEL, q += PANEL) {
        Floats w0, w1, w2, w3;
        prefetch(p), prefetch(q);
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

}  // namespace
