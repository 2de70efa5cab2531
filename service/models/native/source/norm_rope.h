// Root mean square normalization and rotary position embedding, one row at a time.

#pragma once

#include <cmath>
#include <cstdint>

#include "vector.h"

namespace {

// y[i] = x[i] / sqrt(mean(x^2) + eps) * weight[i]. `y` may be `x`.
void rms_norm(const float* x, const float* weight, int64_t n, float eps, float* y) {
    Floats squares = {};
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        Floats v = load(x + i);
        squares += v * v;
    }
    float sum = sum_of(squares);
    for (; i < n; i++) sum += x[i] * x[i];
    float scale = 1 / std::sqrt(sum / n + eps);
    for (i = 0; i + LANES <= n; i += LANES) store(y + i, load(x + i) * broadcast(scale) * load(weight + i));
    for (; i < n; i++) y[i] = x[i] * scale * weight[i];
}

// Rotate each pair (x[i], x[i + half]) by the angle whose cosine and sine are given.
void rotate(float* x, const float* cosines, const float* sines, int64_t half) {
    int64_t i = 0;
    for (; i + LANES <= half; i += LANES) {
        const Floats a = load(x + i), b = load(x + i + half), cosine = load(cosines + i), sine = load(sines + i);
        store(x + i, a * cosine - b * sine);
        store(x + i + half, b * cosine + a * sine);
    }
    for (; i < half; i++) {
        float a = x[i], b = x[i + half];
        x[i] = a * cosines[i] - b * sines[i];
        x[i + half] = b * cosines[i] + a * sines[i];
    }
}

}  // namespace
