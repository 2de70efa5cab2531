// Panels: how matrices are stored for the kernels.
//
// A panel is a group of PANEL columns. For each k it holds the PANEL numbers of its columns side by side. Numbers are
// float32, bfloat16, float16 or int8. int8 is for weights, with one scale for each column, and for the KV cache (see
// kv_blocks.h). SPLIT matrices are no panels: see amx.h.
//
// A bfloat16 panel interleaves the two halves of its columns, so that one load, one shift and one mask give both.
// An int8 panel holds, for each pair of k, PANEL pairs of bytes.

#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "vector.h"

namespace {

constexpr int PANEL = 2 * LANES;       // columns of a panel, and tokens of a KV cache block
constexpr int TWO_PANELS = 2 * PANEL;  // columns that one piece of work computes

enum NumberKind : int32_t { F32 = 0, BF16 = 1, INT8 = 2, F16 = 3, SPLIT = 4 };

struct bf16 { uint16_t bits; };
struct f16 { uint16_t bits; };

inline float widen(bf16 x) {
    uint32_t bits = uint32_t(x.bits) << 16;
    float f;
    memcpy(&f, &bits, 4);
    return f;
}
inline float widen(f16 x) { return _cvtsh_ss(x.bits); }
inline float widen(float x) { return x; }

// Number `i` of an array of float32, bfloat16 or float16.
inline float number_at(const void* numbers, int32_t kind, int64_t i) {
    if (kind == F32) return ((const float*)numbers)[i];
    return kind == BF16 ? widen(((const bf16*)numbers)[i]) : widen(((const f16*)numbers)[i]);
}

inline void narrow(float f, float& out) { out = f; }
inline void narrow(float f, bf16& out) {  // to the nearest number, ties to even; a NaN stays a NaN
    uint32_t bits;
    memcpy(&bits, &f, 4);
    out.bits = f != f ? 0x7fc0 : uint16_t((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}
inline void narrow(float f, f16& out) { out.bits = _cvtss_sh(f, _MM_FROUND_TO_NEAREST_INT); }

// The position of column `n` among the PANEL numbers of one k.
template <class T> inline int position_of(int n) { return n; }
template <> inline int position_of<bf16>(int n) { return n < LANES ? 2 * n : 2 * (n - LANES) + 1; }

// The PANEL numbers of one k: columns [0, LANES) into `a`, the others into `b`.
inline void load_columns(const float* p, Floats& a, Floats& b) { a = load(p), b = load(p + LANES); }
inline void load_columns(const bf16* p, Floats& a, Floats& b) {
    Bits bits = *(const UnalignedBits*)p;
    a = (Floats)(bits << 16);
    b = (Floats)(bits & 0xffff0000u);
}
inline Floats load_halves(const f16* p) {  // LANES numbers of float16
#if defined(__AVX512F__) && KERNEL_LANES == 16
    return (Floats)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i*)p));
#elif KERNEL_LANES == 8
    return (Floats)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i*)p));
#else
    Floats v;
    for (int i = 0; i < LANES; i++) v[i] = widen(p[i]);
    return v;
#endif
}
inline void load_columns(const f16* p, Floats& a, Floats& b) { a = load_halves(p), b = load_halves(p + LANES); }

inline Floats load_bytes(const int8_t* p) {  // LANES numbers of int8
#if defined(__AVX512F__) && KERNEL_LANES == 16
    return (Floats)_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i*)p)));
#elif defined(__AVX2__) && KERNEL_LANES == 8
    return (Floats)_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i*)p)));
#else
    Ints v;
    for (int i = 0; i < LANES; i++) v[i] = p[i];
    return __builtin_convertvector(v, Floats);
#endif
}
// The numbers of a block of the KV cache. Panels of int8 weights are stored in pairs of k, and read elsewhere.
inline void load_columns(const int8_t* p, Floats& a, Floats& b) { a = load_bytes(p), b = load_bytes(p + LANES); }

// The bfloat16 numbers next to float32 numbers, in the high halves. The low halves hold anything.
inline Bits round_to_high_half(Floats v) { return (Bits)v + 0x7fffu + (((Bits)v >> 16) & 1u); }
inline void store_high_halves(Bits bits, bf16* to) {
    typedef uint16_t Halves __attribute__((vector_size(LANES * 2)));
    const Halves halves = __builtin_convertvector(bits >> 16, Halves);
    memcpy(to, &halves, sizeof halves);
}

}  // namespace
