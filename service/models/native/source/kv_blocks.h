// Blocks of the KV cache, as the kernels lay them out.
//
// A block of keys is a panel: k runs over the head's dimensions, and the columns are the tokens. A block of values is
// head_dim / PANEL panels: k runs over the tokens. Behind the numbers of an int8 block are PANEL scales in float32: one
// for each token.

#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "model.h"
#include "panel.h"

namespace {

// Bytes of the keys, or of the values, of PANEL tokens and one KV head.
template <class T> constexpr int64_t block_bytes(int64_t D) {
    return D * PANEL * sizeof(T) + (sizeof(T) == 1 ? PANEL * sizeof(float) : 0);
}

// Round the key or value x [D] of one token and KV head to int8. Returns the scale, which is NaN if x is not finite.
inline float quantize_token(const float* x, int64_t D, int8_t* to) {
    Floats best = {}, wrong = {};
    for (int64_t i = 0; i < D; i += LANES) {
        const Floats v = load(x + i), size = (Floats)((Bits)v & 0x7fffffffu);
        best = size > best ? size : best;
        wrong += v - v;
    }
    float largest = 0;
    for (int i = 0; i < LANES; i++) largest = best[i] > largest ? best[i] : largest;
    const float nan = sum_of(wrong);  // or 0
    const float inverse = largest > 0 && nan == 0 ? 127 / largest : 0;
    for (int64_t i = 0; i < D; i++) to[i] = nan == 0 ? int8_t(std::nearbyint(x[i] * inverse)) : int8_t(0);
    return largest / 127 + nan;
}

// Round the key or value x [D] of one token and KV head to numbers of the cache.
inline void narrow_token(const float* x, int64_t D, float* to) { memcpy(to, x, sizeof(float) * D); }
inline void narrow_token(const float* x, int64_t D, bf16* to) {
    for (int64_t i = 0; i < D; i += LANES) {
        const Floats v = load(x + i);
        const Bits rounded = round_to_high_half(v), nan = Bits{} + 0x7fc00000u;
        store_high_halves(v != v ? nan : rounded, to + i);
    }
}
inline void narrow_token(const float* x, int64_t D, f16* to) {
    for (int64_t i = 0; i < D; i++) narrow(x[i], to[i]);
}

// Write one token's key and value, [kv_heads][head_dim] each, into its slot.
template <class T>
void write_to_cache(
    const KernelDecoder& d, const KernelLayer& layer, int64_t slot, const float* key, const float* value
) {
    const int64_t block = slot / PANEL, token = slot % PANEL, D = d.head_dim;
    static thread_local std::vector<T> memory;
    memory.resize(D);
    T* const numbers = memory.data();
    const auto round = [&](const float* x, T* block_numbers) {
        if constexpr (sizeof(T) == 1) {
            const float scale = quantize_token(x, D, numbers);
            memcpy(block_numbers + D * PANEL + token * sizeof(float), &scale, sizeof scale);
        } else narrow_token(x, D, numbers);
    };
    for (int64_t h = 0; h < d.kv_heads; h++) {
        T* keys = (T*)((char*)layer.keys + (block * d.kv_heads + h) * block_bytes<T>(D));
        T* values = (T*)((char*)layer.values + (block * d.kv_heads + h) * block_bytes<T>(D));
        round(key + h * D, keys);
        for (int64_t i = 0, place = position_of<T>(int(token)); i < D; i++) keys[i * PANEL + place] = numbers[i];
        round(value + h * D, values);
        for (int64_t i = 0; i < D; i += PANEL)
            for (int n = 0; n < PANEL; n++) values[(i + token) * PANEL + position_of<T>(n)] = numbers[i + n];
    }
}

// The keys and values of one sequence and KV head: blocks of PANEL tokens.
template <class T> struct HeadBlocks {
    const char *keys, *values;  // of block number 0
    int64_t stride;             // bytes from a block to the next
    const int32_t* table;       // the numbers of the sequence's blocks; null: 0, 1, 2, ...

    int64_t place(int64_t b) const { return (table ? table[b] : b) * stride; }
};

constexpr int64_t SPAN = 256;  // tokens of a span; a multiple of PANEL
constexpr int64_t SPAN_BLOCKS = SPAN / PANEL;

// The blocks of a span: SPAN tokens that begin at a multiple of SPAN, or fewer at the end of a sequence.
template <class T> struct Span {
    const T *keys[SPAN_BLOCKS], *values[SPAN_BLOCKS];
    const float *key_scales[SPAN_BLOCKS], *value_scales[SPAN_BLOCKS];
    bool scaled = sizeof(T) == 1;  // whether the scales belong to the numbers
    int64_t blocks = 0;
    int64_t part = PANEL * PANEL;  // numbers from the values of PANEL dimensions to those of the next

    // Span `number` of a sequence of which `tokens` tokens are seen.
    void find(const HeadBlocks<T>& head, int64_t number, int64_t tokens, int64_t D) {
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

}  // namespace
