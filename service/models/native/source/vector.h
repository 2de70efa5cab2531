// Vectors of float32, and the arithmetic on them that the compiler does not know by itself.
//
// A vector has LANES numbers: 4 (NEON), 8 (AVX2) or 16 (AVX512). If the processor's registers are narrower than a vector,
// the compiler uses two registers for it. So the layout for 16 lanes can be tested on a processor with AVX2.

#pragma once

#include <cstdint>
#include <cstring>

#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#ifndef KERNEL_LANES
#define KERNEL_LANES 8
#endif

// Which instructions may compute a vector: those of the registers that it fills.
#if defined(__AVX512F__) && defined(__AVX512BW__) && KERNEL_LANES == 16
#define KERNEL_AVX512 1
#elif defined(__AVX2__) && KERNEL_LANES == 8
#define KERNEL_AVX2 1
#elif defined(__aarch64__) && KERNEL_LANES == 4
#define KERNEL_NEON 1
#endif

namespace {

constexpr int LANES = KERNEL_LANES;

typedef float Floats __attribute__((vector_size(LANES * 4)));
typedef int32_t Ints __attribute__((vector_size(LANES * 4)));
typedef uint32_t Bits __attribute__((vector_size(LANES * 4)));
typedef float UnalignedFloats __attribute__((vector_size(LANES * 4), aligned(4)));
typedef uint32_t UnalignedBits __attribute__((vector_size(LANES * 4), aligned(4)));

inline Floats load(const float* p) { return *(const UnalignedFloats*)p; }
inline void store(float* p, Floats v) { *(UnalignedFloats*)p = v; }
inline Floats broadcast(float x) { return x - Floats{}; }  // x - 0 is x for every x, so the compiler only broadcasts

inline bool any(Floats v) {  // whether a number is not zero
    const Bits sizes = (Bits)v & 0x7fffffffu;
    uint32_t all = 0;
    for (int i = 0; i < LANES; i++) all |= sizes[i];
    return all;
}

inline bool any(Ints v) {
#if KERNEL_AVX512
    return _mm512_test_epi32_mask((__m512i)v, (__m512i)v);
#elif KERNEL_AVX2
    return !_mm256_testz_si256((__m256i)v, (__m256i)v);
#else
    int32_t all = 0;
    for (int i = 0; i < LANES; i++) all |= v[i];
    return all;
#endif
}

inline float sum_of(Floats v) {
    float sum = 0;
    for (int i = 0; i < LANES; i++) sum += v[i];
    return sum;
}

// The largest of numbers that are not negative, or 0. (GCC takes numbers out of wide registers one by one.)
inline float largest_of(Floats v) {
#if KERNEL_AVX512
    const float largest = _mm512_reduce_max_ps((__m512)v);
    return largest > 0 ? largest : 0;
#else
    float largest = 0;
    for (int i = 0; i < LANES; i++) largest = v[i] > largest ? v[i] : largest;
    return largest;
#endif
}

// exp(x) for x <= 0, computed as 2^n * p(f) with a polynomial p. The error is about 2 units in the last place.
inline Floats exp_of(Floats x) {
    x = x < broadcast(-87.0f) ? broadcast(-87.0f) : x;
    Floats t = x * broadcast(1.44269504f);
    Floats rounded = (t + broadcast(12582912.0f)) - broadcast(12582912.0f);
    Floats f = x - rounded * broadcast(0.693359375f);
    f = f - rounded * broadcast(-2.12194440e-4f);
    Floats p = broadcast(1.9875691500e-4f);
    p = p * f + broadcast(1.3981999507e-3f);
    p = p * f + broadcast(8.3334519073e-3f);
    p = p * f + broadcast(4.1665795894e-2f);
    p = p * f + broadcast(1.6666665459e-1f);
    p = p * f + broadcast(5.0000001201e-1f);
    p = p * f * f + f + broadcast(1.0f);
    Ints n = __builtin_convertvector(rounded, Ints) + 127;
    return p * (Floats)(n << 23);
}

}  // namespace
