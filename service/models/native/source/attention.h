// Attention over the paged KV cache.
//
// A block of keys is a panel: k runs over the head's dimensions, and the columns are the tokens. A block of values is
// head_dim / PANEL panels: k runs over the tokens. So scores, and the sum over values, are computed by the same tiles as
// linears.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "activation.h"
#include "model.h"
#include "panel.h"
#include "team.h"
#include "tile.h"
#include "vector.h"

namespace {

// Write one token's key and value, [kv_heads][head_dim] each, into its slot.
template <class T>
void write_to_cache(
    const KernelDecoder& d, const KernelLayer& layer, int64_t slot, const float* key, const float* value
) {
    const int64_t block = slot / PANEL, token = slot % PANEL, D = d.head_dim;
    for (int64_t h = 0; h < d.kv_heads; h++) {
        T* keys = (T*)layer.keys + (block * d.kv_heads + h) * D * PANEL;
        T* values = (T*)layer.values + (block * d.kv_heads + h) * D * PANEL;
        for (int64_t i = 0; i < D; i++) {
            narrow(key[h * D + i], keys[i * PANEL + position_of<T>(int(token))]);
            narrow(value[h * D + i], values[(i / PANEL * PANEL + token) * PANEL + position_of<T>(int(i % PANEL))]);
        }
    }
}

// The keys and values of one sequence and KV head: blocks of PANEL tokens.
template <class T> struct HeadBlocks {
    const T *keys, *values;  // of block number 0
    int64_t stride;          // numbers from a block to the next
    const int32_t* table;    // the numbers of the sequence's blocks; null: 0, 1, 2, ...

    int64_t place(int64_t b) const { return (table ? table[b] : b) * stride; }
};

// Attend from `count` rows of queries q [count][D], which all belong to the same sequence and KV head.
// limits[r] is the number of tokens that row r sees; a window (0: none) hides the first of them. A soft cap (0: none)
// limits the scores. Writes out [count][D].
template <class T>
void attend(
    const HeadBlocks<T>& head, int64_t D, int64_t window, float soft_cap, int count, const float* q,
    const int64_t* limits, float* out
) {
    static thread_local std::vector<float> buffer;
    int64_t least = limits[0], most = limits[0];
    for (int r = 1; r < count; r++) least = std::min(least, limits[r]), most = std::max(most, limits[r]);
    const int64_t first_block = window && least > window ? (least - window) / PANEL : 0;
    const int64_t begin = first_block * PANEL, blocks = (most + PANEL - 1) / PANEL - first_block, span = blocks * PANEL;
    buffer.resize(count * span);
    float* scores = buffer.data();  // [count][span]; column 0 is token `begin`
    memset(scores, 0, sizeof(float) * count * span);
    auto keys = [&](int64_t b) { return head.keys + head.place(first_block + b); };
    auto values = [&](int64_t b) { return head.values + head.place(first_block + b); };
    for (int64_t b = 0; b < blocks; b++) {
        const T* panel = keys(b);
        for (int r = 0; r < count; r += TILE_ROWS)
            tile_of_rows<T>(
                std::min(TILE_ROWS, count - r), q + r * D, D, D, D, [&](int64_t) { return panel; },
                scores + r * span + b * PANEL, span
            );
    }
    for (int r = 0; r < count; r++) {  // softmax
        float* row = scores + r * span;
        const int64_t end = limits[r] - begin;
        const int64_t start = window && limits[r] > window ? limits[r] - window - begin : 0;
        if (soft_cap)
            for (int64_t i = 0; i < span; i += LANES) store(row + i, soft_capped(load(row + i), soft_cap));
        for (int64_t i = 0; i < start; i++) row[i] = -INFINITY;
        for (int64_t i = end; i < span; i++) row[i] = -INFINITY;
        Floats best = broadcast(-INFINITY);
        for (int64_t i = 0; i < span; i += LANES) {
            Floats v = load(row + i);
            best = v > best ? v : best;
        }
        float top = best[0];
        for (int i = 1; i < LANES; i++) top = best[i] > top ? best[i] : top;
        Floats sum = {};
        for (int64_t i = 0; i < span; i += LANES) {
            Floats v = load(row + i);
            Floats p = exp_of(v - broadcast(top));
            p = v == broadcast(-INFINITY) ? Floats{} : p;
            p = v != v ? v : p;  // a NaN must reach the output, where the engine looks for it
            store(row + i, p);
            sum += p;
        }
        float scale = 1 / sum_of(sum);
        for (int64_t i = 0; i < span; i += LANES) store(row + i, load(row + i) * broadcast(scale));
    }
    memset(out, 0, sizeof(float) * count * D);
    for (int64_t part = 0; part < D; part += PANEL)
        for (int r = 0; r < count; r += TILE_ROWS)
            tile_of_rows<T>(
                std::min(TILE_ROWS, count - r), scores + r * span, span, most - begin, PANEL,
                [&](int64_t b) { return values(b) + part * PANEL; }, out + r * D + part, D
            );
}

constexpr int QUERIES = 24;  // rows of queries that are multiplied by a block together

// Attention of one layer for all rows of a step. qkv [rows][stride] holds queries, keys and values; out is
// [rows][heads][head_dim].
template <class T>
void attention(
    Team& team, const KernelDecoder& d, const KernelLayer& layer, const KernelStep& s, const float* qkv, int64_t stride,
    float* out
) {
    const int64_t group = d.heads / d.kv_heads, D = d.head_dim;
    const int64_t rows_each = std::max<int64_t>(1, QUERIES / group);
    static thread_local std::vector<int64_t> pieces;  // for each piece of work: its chunk, and its first row
    pieces.clear();
    for (int64_t c = 0; c < s.chunks; c++)
        for (int64_t row = s.offsets[c]; row < s.offsets[c + 1]; row += rows_each)
            pieces.push_back(c), pieces.push_back(row);
    const int64_t* list = pieces.data();
    team.share(int64_t(pieces.size() / 2) * d.kv_heads, [&](int64_t item) {
        const int64_t head = item % d.kv_heads;
        const int64_t c = list[item / d.kv_heads * 2], first = list[item / d.kv_heads * 2 + 1];
        const int64_t last = std::min(first + rows_each, s.offsets[c + 1]);
        static thread_local std::vector<float> queries, results;
        static thread_local std::vector<int64_t> limits;
        const int64_t count = (last - first) * group;
        queries.resize(count * D), results.resize(count * D), limits.resize(count);
        for (int64_t row = first; row < last; row++)
            for (int64_t g = 0; g < group; g++) {
                const int64_t r = (row - first) * group + g;
                limits[r] = s.contexts[c] - (s.offsets[c + 1] - 1 - row);
                const float* from = qkv + row * stride + (head * group + g) * D;
                for (int64_t i = 0; i < D; i++) queries[r * D + i] = from[i] * layer.scale;
            }
        const int64_t begin = head * D * PANEL;
        const HeadBlocks<T> blocks{
            (const T*)layer.keys + begin, (const T*)layer.values + begin, d.kv_heads * D * PANEL, s.tables + c * s.width
        };
        attend<T>(
            blocks, D, layer.window, layer.soft_cap, int(count), queries.data(), limits.data(), results.data()
        );
        for (int64_t row = first; row < last; row++)
            memcpy(
                out + (row * d.heads + head * group) * D, results.data() + (row - first) * group * D,
                sizeof(float) * group * D
            );
    });
}

}  // namespace
