// Linear layers for files that do not compile their arithmetic. kernels.cpp defines them.

#pragma once

#include <cstdint>

#include "model.h"
#include "team.h"

// The numbers of a row that a linear layer writes.
inline int64_t outputs(const KernelLinear& w) {
    int64_t n = 0;
    for (const KernelLinear* part = &w; part; part = part->next) n += part->gated ? part->n / 2 : part->n;
    return n;
}

// Write x W^T + bias into y, or add it. Rows of x and of y are one behind another. See linear.h.
__attribute__((visibility("hidden"))) void linear_layer(
    Team& team, const KernelLinear& w, const float* x, int64_t rows, float* y, bool adds = false
);

// Write the k weights of a column: the embedding of a token.
__attribute__((visibility("hidden"))) void read_embedding(const KernelLinear& w, int64_t token, float* to);
