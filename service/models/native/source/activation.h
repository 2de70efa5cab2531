// Activations: functions of single numbers between linear layers.

#pragma once

#include <cstdint>

#include "vector.h"

namespace {

// exp_of needs a negative number.
inline Floats negative_size(Floats x) { return x < 0 ? x : -x; }

inline Floats sigmoid(Floats x) {
    Floats e = exp_of(negative_size(x));
    return (x < 0 ? e : broadcast(1.0f)) / (broadcast(1.0f) + e);
}

inline Floats silu(Floats x) {
    return x * sigmoid(x);
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
    tail = z < broadcast(-9.0f) ? Floats{} : tail;  // it would be subnormal, and products with such numbers are slow
    return x * (x < 0 ? tail : broadcast(1.0f) - tail);
}

// The usual approximation of gelu, x / 2 * (1 + tanh(u)), which is x * sigmoid(2 u).
inline Floats gelu_tanh(Floats x) {
    return x * sigmoid(broadcast(1.5957691216f) * (x + broadcast(0.044715f) * x * x * x));
}

inline Floats tanh_of(Floats x) {
    Floats e = exp_of(negative_size(x) * broadcast(2.0f));
    Floats size = (broadcast(1.0f) - e) / (broadcast(1.0f) + e);
    return x < 0 ? -size : size;
}

// cap * tanh(x / cap): almost x where x is small, and never beyond `cap` (Gemma 2).
inline Floats soft_capped(Floats x, float cap) { return broadcast(cap) * tanh_of(x / broadcast(cap)); }

inline Floats relu(Floats x) { return x < 0 ? Floats{} : x; }

// structures.py has their names, in the same order (ACTIVATIONS).
enum Activation : int32_t { IDENTITY, SILU, GELU, GELU_TANH, RELU, RELU_SQUARED };

inline Floats activate(int32_t activation, Floats x) {
    switch (activation) {
        case SILU: return silu(x);
        case GELU: return gelu(x);
        case GELU_TANH: return gelu_tanh(x);
        case RELU: return relu(x);
        case RELU_SQUARED: return relu(x) * relu(x);
        default: return x;
    }
}

}  // namespace
