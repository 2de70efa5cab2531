// A bias of scores by the distance of the key (Raffel et al.: T5, 2020).

#pragma once

#include <algorithm>
#include <cstdint>

#include "vector.h"

// The bias of one head. Distances beyond -reach and reach have the bias of these two. The table goes on for LANES numbers
// on both sides, so that the biases of successive keys are one load.
struct HeadBias {
    const float* center = nullptr;  // of distance 0; null: there is no bias
    int64_t reach = 0;

    // Add the biases of `count` keys, a multiple of LANES, to their scores. The first key has this distance.
    void add(float* scores, int64_t count, int64_t distance) const {
        for (int64_t i = 0; i < count; i += LANES) {
            const int64_t first = std::clamp(distance + i, -reach - LANES, reach);
            store(scores + i, load(scores + i) + load(center + first));
        }
    }
};

// The biases of all heads: [heads][2 * (reach + LANES) + 1], times LOG2_E.
struct RelativeBias {
    const float* table = nullptr;  // null: there is no bias
    int64_t reach = 0;

    HeadBias of(int64_t head) const { return {table + head * (2 * (reach + LANES) + 1) + reach + LANES, reach}; }
};
