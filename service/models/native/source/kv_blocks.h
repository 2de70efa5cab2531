// Blocks of the KV cache, as the kernels lay them out.
//
// A block of keys is a panel: k runs over the head's dimensions, and the columns are the tokens. A block of values is
// head_dim / PANEL panels: k runs over the tokens.

#pragma once

#include <cstdint>

#include "model.h"
#include "panel.h"

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

constexpr int64_t SPAN = 256;  // tokens of a span; a multiple of PANEL
constexpr int64_t SPAN_BLOCKS = SPAN / PANEL;

// The blocks of a span: SPAN tokens that begin at a multiple of SPAN, or fewer at the end of a sequence.
template <class T> struct Span {
    const T *keys[SPAN_BLOCKS], *values[SPAN_BLOCKS];
    int64_t blocks = 0;
    int64_t part = PANEL * PANEL;  // numbers from the values of PANEL dimensions to those of the next

    // Span `number` of a sequence of which `tokens` tokens are seen.
    void find(const HeadBlocks<T>& head, int64_t number, int64_t tokens) {
        const int64_t first = number * SPAN_BLOCKS, end = (tokens + PANEL - 1) / PANEL;
        blocks = end - first < SPAN_BLOCKS ? end - first : SPAN_BLOCKS;
        for (int64_t b = 0; b < blocks; b++) {
            const int64_t place = head.place(first + b);
            keys[b] = head.keys + place, values[b] = head.values + place;
        }
    }

    // Let this span be `from` in float32, from block `begin` on. `numbers` has room for 2 * SPAN * D of them. The values
    // of all tokens are side by side.
    template <class U> void convert(const Span<U>& from, int64_t begin, int64_t D, float* numbers) {
        blocks = from.blocks, part = SPAN * PANEL;
        for (int64_t b = begin; b < blocks; b++) {
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

}  // namespace
