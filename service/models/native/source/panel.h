// Panels: how matrices are stored for the kernels.
//
// A panel is a group of PANEL columns. For each k it holds the PANEL numbers of its columns side by side. Numbers are
// float32, bfloat16, float16 or, in the KV cache, int8 (see kv_blocks.h). Quantized weights have other panels: see
// formats.h. SPLIT and TILED matrices have none: see amx.h.
//
// A bfloat16 panel interleaves the two halves of its columns, so that one load, one shift and one mask give both.

#pragma once

#include <cstdint>

#include "halves.h"
#include "integers.h"
#include "vector.h"

namespace {

constexpr int PANEL = 2 * LANES;       // columns of a panel, and tokens of a KV cache block
constexpr int TWO_PANELS = 2 * PANEL;  // columns that one piece of work computes

// structures.py has the same numbers. INT8, INT4 and the formats of ggml's blocks are quantized: see formats.h.
enum NumberKind : int32_t { F32, BF16, INT8, F16, SPLIT, INT4, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K, TILED, STORED_INT8 };

// Number `i` of an array of float32, bfloat16 or float16.
inline float number_at(const void* numbers, int32_t kind, int64_t i) {
    if (kind == F32) return ((const float*)numbers)[i];
    return kind == BF16 ? widen(((const bf16*)numbers)[i]) : widen(((const f16*)numbers)[i]);
}

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
inline void load_columns(const f16* p, Floats& a, Floats& b) { a = load_halves(p), b = load_halves(p + LANES); }

// The numbers of a block of the KV cache.
inline void load_columns(const int8_t* p, Floats& a, Floats& b) {
    a = __builtin_convertvector(load_small(p), Floats), b = __builtin_convertvector(load_small(p + LANES), Floats);
}

}  // namespace
