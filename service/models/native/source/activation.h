// Activations: functions of single numbers between linear layers.

#pragma once

#include "vector.h"

namespace {

// exp_of needs a negative number.
inline Floats negative_size(Floats x) { return x < 0 ? x : -x; }

inline Floats silu(Floats x) {
    Floats e = exp_of(negative_size(x));
    Floats sigmoid = (x < 0 ? e : broadcast(1.0f)) / (broadcast(1.0f) + e);
    return x * sigmoid;
}

// x times the probability that a normally distributed number is less than x. The probability is computed by formula
// 7.1.26 of Abramowitz and Stegun, Handbook of Mathematical Functions; its error is at most 7.5e-8.
inline Floats gelu(Floats x) {
    Floats z = negative_size(x) * broadcast(0.70710678f);
    Floats t = broadcast(1.0f) / (broadcast(1.0f) - broadcast(0.3275911f) * z);
    Floats p = broadcast(1.061405429f);
    p = p * t + broadcast(-1.453152027f);
    p = p * t + broadcast(1.421413741f);
    p = p * t + broadcast(-0.284496736f);
    p = p * t + broadcast(0.254829592f);
    Floats tail = p * t * exp_of(-z * z) * broadcast(0.5f);  // beyond |x|, on one side
    return x * (x < 0 ? tail : broadcast(1.0f) - tail);
}

}  // namespace
