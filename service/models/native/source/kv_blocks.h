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

#include "panel.h"

namespace {

// The keys and values of one layer in all blocks: [blocks][count] of `block_bytes`.
struct StoredHeads {
    void *keys, *values;
    int64_t count, D;  // heads of keys and values, and their dimensions
    int32_t kind;
};

// Bytes of the keys, or of the values, of PANEL tokens and one KV head.
template <class T> constexpr int64_t block_bytes(int64_t D) {
    return D * PANEL * sizeof(T) + (sizeof(T) == 1 ? PANEL * sizeof(float) : 0);
}

// The same, of numbers of this kind.
inline int64_t block_bytes(int32_t kind, int64_t D) {
    return kind == INT8 ? block_bytes<int8_t>(D) : kind == F32 ? block_bytes<float>(D) : block_bytes<bf16>(D);
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

// Write one token's key and value, [count][D] each, into its slot.
template <class T> void write_to_cache(const StoredHeads& stored, int64_t slot, const float* key, const float* value) {
    const int64_t block = slot / PANEL, token = slot % PANEL, D = stored.D;
    static thread_local std::vector<T> memory;
    memory.resize(D);
    T* const numbers = memory.data();
    const auto round = [&](const float* x, T* block_numbers) {
        if constexpr (sizeof(T) == 1) {
            const float scale = quantize_token(x, D, numbers);
            memcpy(block_numbers + D * PANEL + token * sizeof(float), &scale, sizeof scale);
        } else narrow_token(x, D, numbers);
    };
    for (int64_t h = 0; h < stored.count; h++) {
        T* keys = (T*)((char*)stored.keys + (block * stored.count + h) * block_bytes<T>(D));
        T* values = (T*)((char*)stored.values + (block * stored.count + h) * block_bytes<T>(D));
        round(key + h * D, keys);
        for (int64_t i = 0, place = position_of<T>(int(token)); i < D; i++) keys[i * PANEL + place] = numbers[i];
        round(value + h * D, values);
        for (int64_t i = 0; i < D; i += PANEL)
            for (int n = 0; n < PANEL; n++) values[(i + token) * PANEL + position_of<T>(n)] = numbers[i + n];
    }
}
inline void write_to_cache(const StoredHeads& stored, int64_t slot, const float* key, const float* value) {
    if (stored.kind == F32) write_to_cache<float>(stored, slot, key, value);
    else if (stored.kind == BF16) write_to_cache<bf16>(stored, slot, key, value);
    else if (stored.kind == INT8) write_to_cache<int8_t>(stored, slot, key, value);
    else write_to_cache<f16>(stored, slot, key, value);
}

}  // namespace
