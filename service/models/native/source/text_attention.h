// Attention among the tokens of one text: each token sees all of them. Keys and values are float32, and are not kept.

#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "kv_blocks.h"
#include "panel.h"
#include "relative_bias.h"
#include "softmax.h"
#include "spans.h"
#include "vector.h"

namespace {

// One head of a text. Rows of queries, keys and values are `stride` numbers apart.
struct TextHead {
    const float *queries, *keys, *values;
    int64_t stride, D, length;
    float scale;
    HeadBias bias;
};

// Write what each token attends to into `out`, whose rows are `ldo` apart.
inline void attend_in_text(const TextHead& head, float* out, int64_t ldo) {
    static thread_local std::vector<float> memory;
    const int64_t D = head.D, length = head.length, blocks = (length + PANEL - 1) / PANEL;
    memory.resize((2 * blocks * PANEL + QUERIES) * D + QUERIES * part_numbers(D));
    float *keys = memory.data(), *values = keys + blocks * PANEL * D;
    float *queries = values + blocks * PANEL * D, *parts = queries + QUERIES * D;
    for (int64_t t = 0; t < length; t++) {
        const float *key = head.keys + t * head.stride, *value = head.values + t * head.stride;
        float* to = keys + t / PANEL * PANEL * D + t % PANEL;
        for (int64_t i = 0; i < D; i++) to[i * PANEL] = key[i];
        to = values + t / PANEL * PANEL * D + t % PANEL * PANEL;
        for (int64_t i = 0; i < D; i += PANEL) memcpy(to + i * PANEL, value + i, sizeof(float) * PANEL);
    }
    const HeadBlocks stored{(const char*)keys, (const char*)values, block_bytes<float>(D), nullptr};
    const Floats scale = broadcast(head.scale * LOG2_E);
    int64_t limits[QUERIES], positions[QUERIES];
    std::fill(limits, limits + QUERIES, length);
    for (int64_t first = 0; first < length; first += QUERIES) {
        const int count = int(std::min<int64_t>(QUERIES, length - first));
        for (int r = 0; r < count; r++) {
            positions[r] = first + r;
            for (int64_t i = 0; i < D; i += LANES)
                store(queries + r * D + i, load(head.queries + (first + r) * head.stride + i) * scale);
            clear_part({parts + r * part_numbers(D)}, D);
        }
        attend(F32, stored, {queries, limits, D, 0, 0, head.bias, positions}, count, 0, end_span(length), parts, 0);
        for (int r = 0; r < count; r++) finish_part({parts + r * part_numbers(D)}, D, out + (first + r) * ldo);
    }
}

}  // namespace
