// Attention of a few rows over the spans of a sequence.

#include "spans.h"

#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "activation.h"
#include "halves.h"
#include "kv_blocks.h"
#include "model.h"
#include "panel.h"
#include "softmax.h"
#include "vector.h"

namespace {

constexpr int QUERY_ROWS = 6;    // rows of queries in a tile: their 6 * 2 sums fit into 16 registers
constexpr int PAIR_ROWS = 3;     // so few rows are multiplied by two panels at once, or the sums wait for each other
constexpr int DIRECT_ROWS = 12;  // more rows than these read the span from a copy in float32

// The blocks of a span: SPAN tokens that begin at a multiple of SPAN, or fewer at the end of a sequence.
template <class T> struct Span {
    const T *keys[SPAN_BLOCKS], *values[SPAN_BLOCKS];
    const float *key_scales[SPAN_BLOCKS], *value_scales[SPAN_BLOCKS];
    bool scaled = sizeof(T) == 1;  // whether the scales belong to the numbers
    int64_t blocks = 0;
    int64_t part = PANEL * PANEL;  // numbers from the values of PANEL dimensions to those of the next

    // Span `number` of a sequence of which `tokens` tokens are seen.
    void find(const HeadBlocks& head, int64_t number, int64_t tokens, int64_t D) {
        const int64_t first = number * SPAN_BLOCKS, end = (tokens + PANEL - 1) / PANEL;
        blocks = end - first < SPAN_BLOCKS ? end - first : SPAN_BLOCKS;
        for (int64_t b = 0; b < blocks; b++) {
            const int64_t place = head.place(first + b);
            keys[b] = (const T*)(head.keys + place), values[b] = (const T*)(head.values + place);
            if (scaled) key_scales[b] = (const float*)(keys[b] + D * PANEL);
            if (scaled) value_scales[b] = (const float*)(values[b] + D * PANEL);
        }
    }

    // Let this span be the numbers of `from` in float32, from block `begin` on. `numbers` has room for 2 * SPAN * D of them. The values
    // of all tokens are side by side. Scales stay where they are.
    template <class U> void convert(const Span<U>& from, int64_t begin, int64_t D, float* numbers) {
        blocks = from.blocks, part = SPAN * PANEL, scaled = from.scaled;
        for (int64_t b = begin; b < blocks; b++) {
            if (scaled) key_scales[b] = from.key_scales[b], value_scales[b] = from.value_scales[b];
            float* to = numbers + b * PANEL * D;
            keys[b] = to;
            for (int64_t i = 0; i < D; i++) copy_columns(from.keys[b] + i * PANEL, to + i * PANEL);
            to = numbers + SPAN * D + b * PANEL * PANEL;
            values[b] = to;
            for (int64_t i = 0; i < D; i += PANEL)
                for (int64_t t = 0; t < PANEL; t++)
                    copy_columns(from.values[b] + (i + t) * PANEL, to + i * SPAN + t * PANEL);
        }
    }

  private:
    template <class U> static void copy_columns(const U* from, float* to) {
        Floats a, b;
        load_columns(from, a, b);
        store(to, a), store(to + LANES, b);
    }
};

// Store the sums of R rows with N panels of columns. Rows of `to` are `ldt` apart.
template <int N, int R> inline void store_sums(const Floats (&sums)[N][R][2], float* to, int64_t ldt) {
    for (int r = 0; r < R; r++)
        for (int n = 0; n < N; n++)
            for (int half = 0; half < 2; half++) store(to + r * ldt + n * PANEL + half * LANES, sums[n][r][half]);
}

// scores[r][N * PANEL] = q[r] times N blocks of keys, from block b on, for R rows of queries [D]. Rows of scores are SPAN
// apart.
template <int R, int N, class T>
inline void score_blocks(const float* q, int64_t D, const Span<T>& span, int64_t b, float* scores) {
    Floats sums[N][R][2] = {};
    const T* panels[N];
    for (int n = 0; n < N; n++) panels[n] = span.keys[b + n];
    for (int64_t i = 0; i < D; i++) {
        Floats columns[N][2];
#pragma GCC unroll 2
        for (int n = 0; n < N; n++) load_columns(panels[n] + i * PANEL, columns[n][0], columns[n][1]);
#pragma GCC unroll 8
        for (int r = 0; r < R; r++) {
            const Floats x = broadcast(q[r * D + i]);
#pragma GCC unroll 2
            for (int n = 0; n < N; n++) sums[n][r][0] += x * columns[n][0], sums[n][r][1] += x * columns[n][1];
        }
    }
    if (span.scaled)
        for (int n = 0; n < N; n++)
            for (int half = 0; half < 2; half++) {
                const Floats scales = load(span.key_scales[b + n] + half * LANES);
                for (int r = 0; r < R; r++) sums[n][r][half] *= scales;
            }
    store_sums(sums, scores + b * PANEL, SPAN);
}

// to[r][N * PANEL] = the sum over the tokens [begin, end) of weights[r] times the values of N panels of dimensions from
// `dimension` on. Rows of weights are SPAN apart, rows of `to` are `ldt`. `begin` is a multiple of PANEL.
template <int R, int N, class T>
inline void sum_values(
    const float* weights, int64_t begin, int64_t end, const Span<T>& span, int64_t dimension, float* to, int64_t ldt
) {
    Floats sums[N][R][2] = {};
    const int64_t part = span.part;
    for (int64_t token = begin; token < end;) {
        const T* panel = span.values[token / PANEL] + dimension / PANEL * part;
        for (const int64_t stop = std::min(token + PANEL, end); token < stop; token++, panel += PANEL) {
            Floats columns[N][2];
#pragma GCC unroll 2
            for (int n = 0; n < N; n++) load_columns(panel + n * part, columns[n][0], columns[n][1]);
#pragma GCC unroll 8
            for (int r = 0; r < R; r++) {
                const Floats x = broadcast(weights[r * SPAN + token]);
#pragma GCC unroll 2
                for (int n = 0; n < N; n++) sums[n][r][0] += x * columns[n][0], sums[n][r][1] += x * columns[n][1];
            }
        }
    }
    store_sums(sums, to, ldt);
}

// Bring a block into the second level of the cache.
inline void request_block(const void* block, int64_t bytes) {
    for (int64_t i = 0; i < bytes; i += 64) __builtin_prefetch((const char*)block + i, 0, 2);
}

// Merge the span that begins at token `first` into the parts of R rows, from row `row` on. If `next` is not null, the
// span's values are requested while its keys are read, and the keys of `next` while the span's values are read.
template <int R, class T>
void attend_rows(const Queries& of, int row, const Span<T>& span, int64_t first, const Span<T>* next, float* parts) {
    constexpr int N = R <= PAIR_ROWS ? 2 : 1;
    const int64_t D = of.D, window = of.window, stride = part_numbers(D);
    const float* q = of.q + row * D;
    const int64_t* limits = of.limits + row;
    const int64_t least = *std::min_element(limits, limits + R) - first;
    const int64_t most = *std::max_element(limits, limits + R) - first;
    const int64_t end = std::min(most, span.blocks * PANEL);
    const int64_t begin = window && least > window ? (least - window) / PANEL * PANEL : 0;
    if (begin >= end) return;
    alignas(64) float scores[R * SPAN];
    const int64_t blocks = (end + PANEL - 1) / PANEL;
    int64_t b = begin / PANEL;
    for (; b + N <= blocks; b += N) {
        score_blocks<R, N>(q, D, span, b, scores);
        if (next)
            for (int n = 0; n < N; n++) request_block(span.values[b + n], block_bytes<T>(D));
    }
    for (; b < blocks; b++) score_blocks<R, 1>(q, D, span, b, scores);
    static thread_local std::vector<float> memory;
    memory.resize(R * stride);
    float* found = memory.data();
    const int64_t columns = blocks * PANEL - begin;
    const auto column = [&](int64_t token) { return std::clamp<int64_t>(token - begin, 0, columns); };
    for (int r = 0; r < R; r++) {
        const int64_t limit = limits[r] - first, start = window && limit > window ? limit - window : 0;
        float* row_scores = scores + r * SPAN + begin;
        if (of.bias.center) {
            const int64_t position = of.positions ? of.positions[row + r] : limits[r] - 1;
            of.bias.add(row_scores, columns, first + begin - position);
        }
        if (of.soft_cap)
            for (int64_t i = 0; i < columns; i += LANES) store(row_scores + i, soft_capped(load(row_scores + i), of.soft_cap));
        soften(row_scores, columns, column(start), column(limit), D, {found + r * stride});
    }
    if (span.scaled)
        for (int64_t i = begin; i < blocks * PANEL; i += LANES) {
            const Floats scales = load(span.value_scales[i / PANEL] + i % PANEL);
            for (int r = 0; r < R; r++) store(scores + r * SPAN + i, load(scores + r * SPAN + i) * scales);
        }
    int64_t d = 0, requested = 0;
    for (; d + N * PANEL <= D; d += N * PANEL) {
        if (next)
            for (const int64_t enough = next->blocks * (d + N * PANEL) / D; requested < enough; requested++)
                request_block(next->keys[requested], block_bytes<T>(D));
        sum_values<R, N>(scores, begin, end, span, d, found + d, stride);
    }
    for (; d < D; d += PANEL) sum_values<R, 1>(scores, begin, end, span, d, found + d, stride);
    for (int r = 0; r < R; r++) merge_part({parts + (row + r) * stride}, {found + r * stride}, D);
}

// The same for a number of rows that is known at run time, at most R.
template <class T, int R = QUERY_ROWS, class... Rest> void attend_some_rows(int rows, const Rest&... rest) {
    if constexpr (R > 1)
        if (rows < R) return attend_some_rows<T, R - 1>(rows, rest...);
    attend_rows<R, T>(rest...);
}

// Merge one span into the parts of `count` rows.
template <class T>
void attend_span(const Queries& of, int count, const Span<T>& span, int64_t first, const Span<T>* next, float* parts) {
    const int tiles = (count + QUERY_ROWS - 1) / QUERY_ROWS;
    for (int tile = 0; tile < tiles; tile++) {
        const int row = count * tile / tiles, end = count * (tile + 1) / tiles;
        attend_some_rows<T>(end - row, of, row, span, first, tile ? nullptr : next, parts);
    }
}

// `attend` for one type of numbers.
template <class T>
void attend_spans(
    const HeadBlocks& head, const Queries& of, int count, int64_t begin, int64_t end, float* parts, int64_t step
) {
    const int64_t least = *std::min_element(of.limits, of.limits + count);
    const int64_t most = *std::max_element(of.limits, of.limits + count);
    const int64_t hidden = of.window && least > of.window ? (least - of.window) / PANEL : 0;  // blocks that no row sees
    const bool direct = std::is_same_v<T, float> || count <= DIRECT_ROWS;
    Span<T> spans[2];
    static thread_local std::vector<float> memory;
    if (!direct) memory.resize(2 * SPAN * of.D);
    spans[begin % 2].find(head, begin, most, of.D);
    for (int64_t s = begin; s < end; s++, parts += step) {
        const Span<T>& span = spans[s % 2];
        Span<T>& next = spans[(s + 1) % 2];
        next.blocks = 0;
        if (s + 1 < end) next.find(head, s + 1, most, of.D);
        if (direct) attend_span(of, count, span, s * SPAN, &next, parts);
        else {
            Span<float> copy;
            copy.convert(span, std::max<int64_t>(hidden - s * SPAN_BLOCKS, 0), of.D, memory.data());
            attend_span<float>(of, count, copy, s * SPAN, nullptr, parts);
        }
    }
}

}  // namespace

void attend(
    int32_t kind, const HeadBlocks& head, const Queries& of, int count, int64_t begin, int64_t end, float* parts, int64_t step
) {
    if (kind == F32) attend_spans<float>(head, of, count, begin, end, parts, step);
    else if (kind == BF16) attend_spans<bf16>(head, of, count, begin, end, parts, step);
    else if (kind == INT8) attend_spans<int8_t>(head, of, count, begin, end, parts, step);
    else attend_spans<f16>(head, of, count, begin, end, parts, step);
}
