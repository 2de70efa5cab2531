// Attention over the paged KV cache.
//
// A sequence's tokens are cut into spans at fixed places. Scores of a span, their exponentials and the sum over the
// span's values are computed while the span is in the processor's cache, and the parts of a row are merged in the order
// of its spans (Dao et al.: FlashAttention, 2022). Scores in memory do not grow with the context. Spans of one long
// sequence can be computed by different threads (Flash-Decoding, 2023). A row's bits are the same however it is computed,
// because its spans, and the order of all sums, depend on its own context only.

#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "activation.h"
#include "kv_blocks.h"
#include "model.h"
#include "panel.h"
#include "softmax.h"
#include "step.h"
#include "team.h"
#include "vector.h"

namespace {

constexpr int QUERY_ROWS = 6;    // rows of queries in a tile: their 6 * 2 sums fit into 16 registers
constexpr int PAIR_ROWS = 3;     // so few rows are multiplied by two panels at once, or the sums wait for each other
constexpr int DIRECT_ROWS = 12;  // more rows than these read the span from a copy in float32
constexpr int QUERIES = 192;     // rows of queries for which a span is converted once
constexpr int FEW_QUERIES = 24;  // so many at least; such pieces may be cut between spans, too

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

// The rows of one KV head that attend together.
struct Queries {
    const float* q;         // [rows][D], multiplied by the scale of the scores and by LOG2_E
    const int64_t* limits;  // the tokens that each row sees
    int64_t D, window;      // a window (0: none) hides the first of these tokens
    float soft_cap;         // of the scores, times LOG2_E; 0: none
};

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

// Merge the spans [begin, end) of a sequence into the parts of `count` rows. The parts of each next span begin `step`
// numbers behind those of the span before; 0: they are the same.
template <class T>
void attend(
    const HeadBlocks<T>& head, const Queries& of, int count, int64_t begin, int64_t end, float* parts, int64_t step = 0
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

// The spans of a row that sees the first `limit` tokens.
inline int64_t first_span(int64_t limit, int64_t window) {
    return window && limit > window ? (limit - window) / SPAN : 0;
}
inline int64_t end_span(int64_t limit) { return (limit + SPAN - 1) / SPAN; }

// A piece of work: some rows of one chunk and KV head, and some spans.
struct Piece {
    int64_t chunk, row, end_row, head, span, end_span;
    int64_t parts;  // where the parts of its first span are stored; -1: the piece has all spans of its rows
};

// Attention of one layer for all rows of a step. qkv [rows][stride] holds queries, keys and values; out is
// [rows][heads][head_dim].
template <class T> class LayerAttention {
  public:
    LayerAttention(
        Team& team, const KernelDecoder& d, const KernelLayer& layer, const Step& s, const float* qkv,
        int64_t stride, float* out
    ) : team(team), d(d), layer(layer), s(s), qkv(qkv), stride(stride), out(out), group(d.heads / d.kv_heads) {}

    void run() {
        static thread_local std::vector<Piece> pieces, merged;
        static thread_local std::vector<float> memory;
        const int64_t stored = cut(pieces, merged);
        memory.resize(stored);
        stored_parts = memory.data();
        const Piece *list = pieces.data(), *cut_list = merged.data();
        team.share(pieces.size(), [&](int64_t i) { compute(list[i]); });
        team.share(merged.size(), [&](int64_t i) { merge(cut_list[i]); });
    }

  private:
    int64_t limit_of(int64_t chunk, int64_t row) const { return s.contexts[chunk] - (s.offsets[chunk + 1] - 1 - row); }
    int64_t count(const Piece& piece) const { return (piece.end_row - piece.row) * group; }

    // Cut the step into pieces. `merged` are pieces whose spans are computed one by one, and merged afterwards. Returns
    // the numbers that their parts have. What is cut depends on the threads, but no bit does.
    int64_t cut(std::vector<Piece>& pieces, std::vector<Piece>& merged) const {
        pieces.clear(), merged.clear();
        const int64_t wanted = 4 * team.size();  // pieces, so that all threads end at about the same time
        const int64_t rows = s.rows * group * d.kv_heads / wanted;
        const int64_t rows_each = std::max<int64_t>(1, std::clamp<int64_t>(rows, FEW_QUERIES, QUERIES) / group);
        int64_t spans = 0, stored = 0;
        for (int64_t c = 0; c < s.chunks; c++)
            for (int64_t row = s.offsets[c]; row < s.offsets[c + 1]; row += rows_each) {
                const int64_t last = std::min(row + rows_each, s.offsets[c + 1]);
                const int64_t begin = first_span(limit_of(c, row), layer.window), end = end_span(limit_of(c, last - 1));
                for (int64_t head = 0; head < d.kv_heads; head++) merged.push_back({c, row, last, head, begin, end, -1});
                spans += d.kv_heads * (end - begin);
            }
        const int64_t most = team.size() == 1 ? spans : std::max<int64_t>(1, spans / wanted);  // of a piece
        size_t kept = 0;
        for (const Piece piece : merged) {
            if (piece.end_span - piece.span <= most || count(piece) > FEW_QUERIES) {
                pieces.push_back(piece);
                continue;
            }
            merged[kept] = piece;
            merged[kept++].parts = stored;
            for (int64_t span = piece.span; span < piece.end_span; span += most) {
                Piece part = piece;
                part.span = span, part.end_span = std::min(span + most, piece.end_span);
                part.parts = stored + (span - piece.span) * count(piece) * part_numbers(d.head_dim);
                pieces.push_back(part);
            }
            stored += (piece.end_span - piece.span) * count(piece) * part_numbers(d.head_dim);
        }
        merged.resize(kept);
        return stored;
    }

    void compute(const Piece& piece) const {
        static thread_local std::vector<float> queries, parts;
        static thread_local std::vector<int64_t> limits;
        const int64_t D = d.head_dim, rows = count(piece), numbers = part_numbers(D);
        queries.resize(rows * D), limits.resize(rows);
        for (int64_t row = piece.row; row < piece.end_row; row++)
            for (int64_t g = 0; g < group; g++) {
                const int64_t r = (row - piece.row) * group + g;
                limits[r] = limit_of(piece.chunk, row);
                const float* from = qkv + row * stride + (piece.head * group + g) * D;
                const Floats scale = broadcast(layer.scale * LOG2_E);
                for (int64_t i = 0; i < D; i += LANES) store(queries.data() + r * D + i, load(from + i) * scale);
            }
        const int64_t begin = piece.head * block_bytes<T>(D);
        const HeadBlocks<T> blocks{
            (const char*)layer.keys + begin, (const char*)layer.values + begin, d.kv_heads * block_bytes<T>(D),
            s.table(piece.chunk)
        };
        const Queries of{queries.data(), limits.data(), D, layer.window, layer.soft_cap * LOG2_E};
        const bool stores = piece.parts >= 0;
        const int64_t each = rows * numbers, spans = stores ? piece.end_span - piece.span : 1;
        if (!stores) parts.resize(each);
        float* to = stores ? stored_parts + piece.parts : parts.data();
        for (int64_t r = 0; r < spans * rows; r++) clear_part({to + r * numbers}, D);
        attend<T>(blocks, of, int(rows), piece.span, piece.end_span, to, stores ? each : 0);
        if (!stores) finish(piece, to);
    }

    void merge(const Piece& piece) const {
        const int64_t D = d.head_dim, rows = count(piece), numbers = part_numbers(D);
        float* first = stored_parts + piece.parts;
        for (int64_t span = 1; span < piece.end_span - piece.span; span++)
            for (int64_t r = 0; r < rows; r++)
                merge_part({first + r * numbers}, {first + (span * rows + r) * numbers}, D);
        finish(piece, first);
    }

    void finish(const Piece& piece, float* parts) const {
        const int64_t D = d.head_dim;
        for (int64_t row = piece.row; row < piece.end_row; row++)
            for (int64_t g = 0; g < group; g++) {
                const int64_t r = (row - piece.row) * group + g;
                finish_part({parts + r * part_numbers(D)}, D, out + (row * d.heads + piece.head * group + g) * D);
            }
    }

    Team& team;
    const KernelDecoder& d;
    const KernelLayer& layer;
    const Step& s;
    const float* qkv;
    const int64_t stride;
    float* out;
    const int64_t group;
    float* stored_parts = nullptr;
};

template <class T>
void attention(
    Team& team, const KernelDecoder& d, const KernelLayer& layer, const Step& s, const float* qkv, int64_t stride,
    float* out
) {
    LayerAttention<T>(team, d, layer, s, qkv, stride, out).run();
}

}  // namespace
