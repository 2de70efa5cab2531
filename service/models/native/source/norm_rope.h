// Normalization and rotary position embedding, one row at a time.

#pragma once

#include <cmath>
#include <cstdint>

#include "model.h"
#include "vector.h"

namespace {

// The sum of f(x[i]) over n numbers: vectors first, then what is left.
template <class Function> float sum_over(const float* x, int64_t n, const Function& f) {
    Floats sums = {};
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) sums += f(load(x + i));
    float sum = sum_of(sums);
    for (; i < n; i++) sum += f(x[i]);
    return sum;
}

// y[i] = x[i] * scale * weight[i]. `y` may be `x`.
inline void scale_row(const float* x, float scale, const float* weight, int64_t n, float* y) {
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) store(y + i, load(x + i) * broadcast(scale) * load(weight + i));
    for (; i < n; i++) y[i] = x[i] * scale * weight[i];
}

// y[i] = x[i] / sqrt(mean(x^2) + eps) * weight[i]. `y` may be `x`.
void rms_norm(const float* x, const float* weight, int64_t n, float eps, float* y) {
    const float sum = sum_over(x, n, [](auto v) { return v * v; });
    scale_row(x, 1 / std::sqrt(sum / n + eps), weight, n, y);
}

// Subtract the mean of x, divide by the standard deviation, and multiply by the weights. `y` may be `x`.
void centered_norm(const float* x, const float* weight, int64_t n, float eps, float* y) {
    const float mean = sum_over(x, n, [](auto v) { return v; }) / n;
    for (int64_t i = 0; i < n; i++) y[i] = x[i] - mean;
    const float squares = sum_over(y, n, [](auto v) { return v * v; });
    scale_row(y, 1 / std::sqrt(squares / n + eps), weight, n, y);
}

// Normalize a row of n numbers, each `norm.size` of them on their own. `y` may be `x`.
void normalize(const KernelNorm& norm, const float* x, int64_t n, float* y) {
    for (int64_t i = 0; i < n; i += norm.size) {
        const auto function = norm.centered ? centered_norm : rms_norm;
        function(x + i, norm.weight + i, norm.size, norm.eps, y + i);
    }
    if (norm.bias)
        for (int64_t i = 0; i < n; i++) y[i] += norm.bias[i];
}

// Rotate each pair (x[i * step], x[i * step + distance]) by the angle whose cosine and sine are given.
void rotate(float* x, const float* cosines, const float* sines, int64_t pairs, int64_t step, int64_t distance) {
    int64_t i = 0;
    if (step == 1)
        for (; i + LANES <= pairs; i += LANES) {
            const Floats a = load(x + i), b = load(x + i + distance), cosine = load(cosines + i), sine = load(sines + i);
            store(x + i, a * cosine - b * sine), store(x + i + distance, b * cosine + a * sine);
        }
    for (; i < pairs; i++) {
        float a = x[i * step], b = x[i * step + distance];
        x[i * step] = a * cosines[i] - b * sines[i];
        x[i * step + distance] = b * cosines[i] + a * sines[i];
    }
}

// Rotate `heads` heads of D dimensions, which are at `position`.
void rotate_heads(const KernelRotation& rotation, int64_t position, int64_t heads, int64_t D, float* x) {
    const float* cosines = rotation.cosines + position * rotation.pairs;
    const float* sines = rotation.sines + position * rotation.pairs;
    for (int64_t h = 0; h < heads; h++) {
        if (rotation.interleaved) rotate(x + h * D, cosines, sines, rotation.pairs, 2, 1);
        else rotate(x + h * D, cosines, sines, rotation.pairs, 1, rotation.pairs);
    }
}

}  // namespace
