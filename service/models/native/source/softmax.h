// Softmax in parts: a row of scores is cut into parts, each part is turned into exponentials by itself, and the parts are
// merged one after another (Milakov and Gimelshein: Online normalizer calculation for softmax, 2018).
//
// Scores are logarithms to the base of 2, so an exponential needs no product.

#pragma once

#include <cstdint>
#include <limits>

#include "vector.h"

namespace {

constexpr float LOG2_E = 1.44269504f;  // a natural logarithm times this is a logarithm to the base of 2

// 2^x for x <= 0, and 0 for x < -100. The error is about 2 units in the last place. A NaN stays a NaN.
inline Floats exp2_of(Floats x) {
    const Floats shifted = x + broadcast(12582912.0f);  // 1.5 * 2^23: the lowest bits are x, rounded
    const Floats f = x - (shifted - broadcast(12582912.0f));
    Floats p = broadcast(1.3264727313e-3f);
    p = p * f + broadcast(9.6715129912e-3f);
    p = p * f + broadcast(5.5507335812e-2f);
    p = p * f + broadcast(2.4022242427e-1f);
    p = p * f + broadcast(6.9314700365e-1f);
    p = p * f + broadcast(1.0f);
    const Floats power = (Floats)(((Bits)shifted << 23) + 0x3f800000u);
    return x < broadcast(-100.0f) ? Floats{} : p * power;
}

// A part of a softmax, or several that are merged: the weighted sum of values [D], and these two numbers behind it.
struct SoftmaxPart {
    float* values;
    float& top(int64_t D) const { return values[D]; }      // the largest score
    float& sum(int64_t D) const { return values[D + 1]; }  // of the exponentials of all scores, less the largest
};
constexpr int64_t part_numbers(int64_t D) { return D + LANES; }

// The part of no scores at all.
inline void clear_part(SoftmaxPart part, int64_t D) {
    for (int64_t i = 0; i < D; i += LANES) store(part.values + i, Floats{});
    part.top(D) = std::numeric_limits<float>::lowest(), part.sum(D) = 0;
}

// Turn the scores row[0..n) into exponentials, less the largest, which becomes the part's top; n is a multiple of LANES.
// Scores outside of [start, end) do not count: their exponentials are 0.
inline void soften(float* row, int64_t n, int64_t start, int64_t end, int64_t D, SoftmaxPart part) {
    for (int64_t i = 0; i < start; i++) row[i] = -std::numeric_limits<float>::infinity();
    for (int64_t i = end; i < n; i++) row[i] = -std::numeric_limits<float>::infinity();
    Floats best = broadcast(std::numeric_limits<float>::lowest());
    for (int64_t i = 0; i < n; i += LANES) {
        const Floats v = load(row + i);
        best = v > best ? v : best;
    }
    float top = best[0];
    for (int i = 1; i < LANES; i++) top = best[i] > top ? best[i] : top;
    Floats sum = {};
    for (int64_t i = 0; i < n; i += LANES) {
        const Floats p = exp2_of(load(row + i) - broadcast(top));
        store(row + i, p);
        sum += p;
    }
    part.top(D) = top, part.sum(D) = sum_of(sum);
}

// Merge `next` into `part`. One of the two factors of a merger is 1, so that each number is one multiplication and one
// addition, which no compiler can fuse in two ways.
inline void merge_part(SoftmaxPart part, SoftmaxPart next, int64_t D) {
    const float top = part.top(D), other = next.top(D);
    if (other > top) {
        const Floats factor = exp2_of(broadcast(top - other));
        for (int64_t i = 0; i < D; i += LANES)
            store(part.values + i, load(part.values + i) * factor + load(next.values + i));
        part.sum(D) = part.sum(D) * factor[0] + next.sum(D);
        part.top(D) = other;
    } else {
        const Floats factor = exp2_of(broadcast(other - top));
        for (int64_t i = 0; i < D; i += LANES)
            store(part.values + i, load(next.values + i) * factor + load(part.values + i));
        part.sum(D) = next.sum(D) * factor[0] + part.sum(D);
    }
}

// Write the weighted mean of the values into out [D].
inline void finish_part(SoftmaxPart part, int64_t D, float* out) {
    const Floats scale = broadcast(1 / part.sum(D));
    for (int64_t i = 0; i < D; i += LANES) store(out + i, load(part.values + i) * scale);
}

}  // namespace
