// Numbers of two bytes: bfloat16 and float16 (IEEE 754), and their conversion from and to float32.
//
// `portable` has every conversion in plain C++. The processor's own instructions replace what they compute faster, and
// self_test.h compares both. Numbers are rounded to the nearest one, ties to even; a NaN stays a NaN.

#pragma once

#include <cstdint>
#include <cstring>

#include "vector.h"

namespace {

struct bf16 { uint16_t bits; };
struct f16 { uint16_t bits; };

inline uint32_t bits_of(float f) {
    uint32_t bits;
    memcpy(&bits, &f, 4);
    return bits;
}
inline float float_of(uint32_t bits) {
    float f;
    memcpy(&f, &bits, 4);
    return f;
}

namespace portable {

inline float widen(f16 x) {
    const uint32_t sign = uint32_t(x.bits & 0x8000) << 16, rest = x.bits & 0x7fff;
    if (rest >= 0x7c00) return float_of(sign | 0x7f800000 | (rest & 0x3ff ? 0x400000 : 0) | (rest & 0x3ff) << 13);
    // As float32, the exponent is too small by 112. The product is exact, for small numbers too, which have no leading 1.
    return float_of(sign | bits_of(float_of(rest << 13) * 0x1p112f));
}

inline void narrow(float f, f16& out) {
    const uint32_t bits = bits_of(f), sign = bits >> 16 & 0x8000, rest = bits & 0x7fffffff;
    if (rest > 0x7f800000) out.bits = uint16_t(sign | 0x7e00 | (rest >> 13 & 0x3ff));
    else if (rest >= 0x477ff000) out.bits = uint16_t(sign | 0x7c00);  // 65,520 and more are rounded to infinity
    else if (rest < 0x38800000)  // below 2^-14: an addition rounds to multiples of 2^-24
        out.bits = uint16_t(sign | (bits_of(float_of(rest) + 0.5f) - 0x3f000000));
    else out.bits = uint16_t(sign | (rest - 0x38000000 + 0xfff + (rest >> 13 & 1)) >> 13);
}

}  // namespace portable

inline float widen(bf16 x) { return float_of(uint32_t(x.bits) << 16); }
inline float widen(float x) { return x; }
inline void narrow(float f, float& out) { out = f; }
inline void narrow(float f, bf16& out) {
    const uint32_t bits = bits_of(f);
    out.bits = f != f ? 0x7fc0 : uint16_t((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

#if defined(__F16C__)
inline float widen(f16 x) { return _cvtsh_ss(x.bits); }
inline void narrow(float f, f16& out) { out.bits = _cvtss_sh(f, _MM_FROUND_TO_NEAREST_INT); }
#elif defined(__aarch64__)
inline float widen(f16 x) {
    __fp16 number;
    memcpy(&number, &x, 2);
    return number;
}
inline void narrow(float f, f16& out) {
    const __fp16 number = f;
    memcpy(&out, &number, 2);
}
#else
using portable::narrow;
using portable::widen;
#endif

inline Floats load_halves(const f16* p) {  // LANES numbers of float16
#if KERNEL_AVX512
    return (Floats)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i*)p));
#elif KERNEL_AVX2
    return (Floats)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i*)p));
#elif KERNEL_NEON
    return (Floats)vcvt_f32_f16(vld1_f16((const __fp16*)p));
#else
    Floats v;
    for (int i = 0; i < LANES; i++) v[i] = widen(p[i]);
    return v;
#endif
}

// The bfloat16 numbers next to float32 numbers, in the high halves. The low halves hold anything.
inline Bits round_to_high_half(Floats v) { return (Bits)v + 0x7fffu + (((Bits)v >> 16) & 1u); }
inline void store_high_halves(Bits bits, bf16* to) {
    typedef uint16_t Halves __attribute__((vector_size(LANES * 2)));
    const Halves halves = __builtin_convertvector(bits >> 16, Halves);
    memcpy(to, &halves, sizeof halves);
}

}  // namespace
