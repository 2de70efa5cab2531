// Vectors of integers, for weights and activations of few bits.
//
// An IntVector has LANES numbers of int32, or twice as many of int16, or four times as many bytes. All sums are exact.
// `portable` has every function in plain C++. The processor's own instructions replace what they compute faster, and
// self_test.h compares both.

#pragma once

#include <cstdint>
#include <cstring>

#include "vector.h"

// Processors without dot products of bytes sum products in int16 where these cannot overflow.
#if (KERNEL_AVX512 && !defined(__AVX512VNNI__)) || (KERNEL_AVX2 && !defined(__AVXVNNI__)) || \
    (defined(__AVX2__) && !KERNEL_AVX512 && KERNEL_LANES == 16)  // tests of the layout for AVX512
#define KERNEL_QUARTETS_IN_SHORTS 1
#endif
#if (KERNEL_AVX512 && defined(__AVX512VNNI__)) || (KERNEL_AVX2 && defined(__AVXVNNI__)) || \
    (KERNEL_NEON && defined(__ARM_FEATURE_MATMUL_INT8))
#define KERNEL_BYTE_PRODUCTS 1
#endif

namespace {

typedef Ints IntVector;
typedef int16_t Shorts __attribute__((vector_size(LANES * 4)));
typedef int8_t SignedBytes __attribute__((vector_size(LANES * 4)));
typedef uint8_t Bytes __attribute__((vector_size(LANES * 4)));

inline IntVector add(IntVector a, IntVector b) { return a + b; }
inline IntVector broadcast_pair(int32_t x) { return IntVector{} + x; }  // two numbers of int16, or four bytes
inline IntVector load_ints(const void* p) {
    IntVector v;
    memcpy(&v, p, sizeof v);
    return v;
}

namespace portable {

// 2 * LANES numbers of int8 as int16.
inline IntVector widen_bytes(const int8_t* p) {
    Shorts v;
    for (int i = 0; i < 2 * LANES; i++) v[i] = p[i];
    return (IntVector)v;
}

// The sums of two products of int16 each.
inline IntVector multiply_pairs(IntVector a, IntVector b) {
    const IntVector low = ((a << 16) >> 16) * ((b << 16) >> 16);
    return low + (a >> 16) * (b >> 16);
}

// Two sums of two products each, in int16, which are cut off at its ends: unsigned times signed bytes.
inline IntVector multiply_bytes(IntVector unsigned_bytes, IntVector signed_bytes) {
    const Shorts a = (Shorts)unsigned_bytes, b = (Shorts)signed_bytes;
    Shorts sums;
    for (int i = 0; i < 2 * LANES; i++) {
        const int sum = (a[i] & 0xff) * int8_t(b[i]) + (a[i] >> 8 & 0xff) * (b[i] >> 8);
        sums[i] = int16_t(sum > 32767 ? 32767 : sum < -32768 ? -32768 : sum);
    }
    return (IntVector)sums;
}

// sums + the sums of four products of bytes each, unsigned times signed.
inline IntVector dot4(IntVector sums, IntVector unsigned_bytes, IntVector signed_bytes) {
    for (int byte = 0; byte < 4; byte++)
        sums += (unsigned_bytes >> (8 * byte) & 0xff) * ((signed_bytes << (24 - 8 * byte)) >> 24);
    return sums;
}

}  // namespace portable

#if KERNEL_AVX512
inline IntVector widen_bytes(const int8_t* p) {
    return (IntVector)_mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i*)p));
}
inline IntVector multiply_pairs(IntVector a, IntVector b) { return (IntVector)_mm512_madd_epi16((__m512i)a, (__m512i)b); }
#elif KERNEL_AVX2
inline IntVector widen_bytes(const int8_t* p) {
    return (IntVector)_mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i*)p));
}
inline IntVector multiply_pairs(IntVector a, IntVector b) { return (IntVector)_mm256_madd_epi16((__m256i)a, (__m256i)b); }
#elif KERNEL_NEON
inline IntVector widen_bytes(const int8_t* p) { return (IntVector)vmovl_s8(vld1_s8(p)); }
inline IntVector multiply_pairs(IntVector a, IntVector b) {
    const int16x8_t x = (int16x8_t)a, y = (int16x8_t)b;
    return (IntVector)vpaddq_s32(vmull_s16(vget_low_s16(x), vget_low_s16(y)), vmull_high_s16(x, y));
}
#else
using portable::multiply_pairs;
using portable::widen_bytes;
#endif

#if KERNEL_QUARTETS_IN_SHORTS
// Two sums of two products each, in int16: unsigned times signed bytes.
inline IntVector multiply_bytes(IntVector codes, IntVector bytes) {
#if KERNEL_AVX512
    return (IntVector)_mm512_maddubs_epi16((__m512i)codes, (__m512i)bytes);
#elif KERNEL_AVX2
    return (IntVector)_mm256_maddubs_epi16((__m256i)codes, (__m256i)bytes);
#else
    return portable::multiply_bytes(codes, bytes);
#endif
}
#endif

// `dot4` of any bytes, and `dot4_small` for unsigned bytes of at most 127, which more processors compute at once. (What
// AVX2 adds up in int16, unsigned bytes above 127 would overflow.)
#if KERNEL_AVX512 && defined(__AVX512VNNI__)
inline IntVector dot4(IntVector sums, IntVector unsigned_bytes, IntVector signed_bytes) {
    return (IntVector)_mm512_dpbusd_epi32((__m512i)sums, (__m512i)unsigned_bytes, (__m512i)signed_bytes);
}
inline IntVector dot4_small(IntVector sums, IntVector a, IntVector b) { return dot4(sums, a, b); }
#elif KERNEL_AVX2 && defined(__AVXVNNI__)
inline IntVector dot4(IntVector sums, IntVector unsigned_bytes, IntVector signed_bytes) {
    return (IntVector)_mm256_dpbusd_avx_epi32((__m256i)sums, (__m256i)unsigned_bytes, (__m256i)signed_bytes);
}
inline IntVector dot4_small(IntVector sums, IntVector a, IntVector b) { return dot4(sums, a, b); }
#elif KERNEL_NEON && defined(__ARM_FEATURE_MATMUL_INT8)
inline IntVector dot4(IntVector sums, IntVector unsigned_bytes, IntVector signed_bytes) {
    return (IntVector)vusdotq_s32((int32x4_t)sums, (uint8x16_t)unsigned_bytes, (int8x16_t)signed_bytes);
}
inline IntVector dot4_small(IntVector sums, IntVector a, IntVector b) { return dot4(sums, a, b); }
#elif KERNEL_NEON && defined(__ARM_FEATURE_DOTPROD)
inline IntVector dot4_small(IntVector sums, IntVector a, IntVector b) {
    return (IntVector)vdotq_s32((int32x4_t)sums, (int8x16_t)a, (int8x16_t)b);
}
inline IntVector dot4(IntVector sums, IntVector unsigned_bytes, IntVector signed_bytes) {
    const IntVector sixty_four = (IntVector)(SignedBytes{} + 64);  // u = (u - 128) + 64 + 64, and u - 128 is signed
    sums = dot4_small(sums, (IntVector)((Bytes)unsigned_bytes ^ 0x80), signed_bytes);
    return dot4_small(dot4_small(sums, sixty_four, signed_bytes), sixty_four, signed_bytes);
}
#else
// Even and odd bytes as int16.
inline IntVector dot4(IntVector sums, IntVector unsigned_bytes, IntVector signed_bytes) {
    const Shorts a = (Shorts)unsigned_bytes, b = (Shorts)signed_bytes;
    sums += multiply_pairs((IntVector)(a & 0xff), (IntVector)((b << 8) >> 8));
    return sums + multiply_pairs((IntVector)(a >> 8 & 0xff), (IntVector)(b >> 8));
}
#if KERNEL_QUARTETS_IN_SHORTS
inline IntVector dot4_small(IntVector sums, IntVector a, IntVector b) {
    return sums + multiply_pairs(multiply_bytes(a, b), (IntVector)(Shorts{} + 1));
}
#else
inline IntVector dot4_small(IntVector sums, IntVector a, IntVector b) { return dot4(sums, a, b); }
#endif
#endif

// Sums of products of codes with bytes, before they are multiplied by the scale of their chunk: in int16 where that is
// faster. Codes below 16 may be summed eight times, codes below 64 twice.
#if KERNEL_QUARTETS_IN_SHORTS
inline IntVector add_products(IntVector sums, IntVector codes, IntVector bytes) {
    return (IntVector)((Shorts)sums + (Shorts)multiply_bytes(codes, bytes));
}
inline IntVector scaled(IntVector sums, IntVector scales) { return multiply_pairs(sums, scales); }
#else
inline IntVector add_products(IntVector sums, IntVector codes, IntVector bytes) { return dot4_small(sums, codes, bytes); }
inline IntVector scaled(IntVector sums, IntVector scales) { return sums * (scales >> 16); }
#endif

// Integer scales of LANES columns: each one twice, as int16.
inline IntVector twice(IntVector scales) { return (scales & 0xffff) | scales << 16; }
inline IntVector ones() { return (IntVector)(Shorts{} + 1); }

// Nothing may move across this use of `v`. GCC would otherwise compute all products before their sums, and spill them.
inline void pin([[maybe_unused]] IntVector& v) {
#if KERNEL_AVX512
    asm("" : "+v"(v));
#elif KERNEL_AVX2
    asm("" : "+x"(v));
#elif KERNEL_NEON
    asm("" : "+w"(v));
#endif
}
// Numbers in memory stay in memory.
inline void pin_memory() { asm volatile("" : : : "memory"); }

// The low bytes of LANES numbers.
#if KERNEL_AVX512
inline void store_small(Ints v, int8_t* p) { _mm_storeu_si128((__m128i*)p, _mm512_cvtepi32_epi8((__m512i)v)); }
#else
inline void store_small(Ints v, int8_t* p) {
    for (int i = 0; i < LANES; i++) p[i] = int8_t(v[i]);
}
#endif

// LANES bytes as int32. (GCC 12 converts vectors of bytes number by number.)
#if KERNEL_AVX512
inline Ints load_small(const uint8_t* p) { return (Ints)_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i*)p)); }
inline Ints load_small(const int8_t* p) { return (Ints)_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i*)p)); }
#elif KERNEL_AVX2
inline Ints load_small(const uint8_t* p) { return (Ints)_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i*)p)); }
inline Ints load_small(const int8_t* p) { return (Ints)_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i*)p)); }
#else
template <class Byte> inline Ints load_small(const Byte* p) {
    Ints v;
    for (int i = 0; i < LANES; i++) v[i] = p[i];
    return v;
}
#endif

}  // namespace
