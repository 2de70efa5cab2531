// Scales: what makes weights of codes. A weight is scale * code + offset, for the chunk and the column of the code.
//
// A stripe of a panel begins with a header; each of its chunks begins with the chunk's own scales, before its codes.

#pragma once

#include <cstdint>
#include <cstring>

#include "halves.h"
#include "panel.h"
#include "vector.h"

namespace {

// The scales of LANES columns in one chunk.
struct ColumnScales { Floats scale, offset; };

// A float16 scale for each chunk, and the same ZERO for all codes: weight = scale * (code - ZERO).
template <int ZERO> struct Scale {
    static constexpr bool NESTED = false, HAS_OFFSETS = ZERO != 0;
    static constexpr int HEADER_BYTES = 0, CHUNK_BYTES = 2 * PANEL;
    static ColumnScales load(const uint8_t*, const uint8_t* chunk, int half) {
        const Floats scale = load_halves((const f16*)chunk + half * LANES);
        return {scale, scale * broadcast(float(-ZERO))};
    }
    static void put(uint8_t*, uint8_t* chunk, int column, f16 scale) { ((f16*)chunk)[column] = scale; }
    static void get(const uint8_t*, const uint8_t* chunk, int column, float& scale, float& offset) {
        scale = widen(((const f16*)chunk)[column]), offset = -ZERO * scale;
    }
};

// A float16 scale and a float16 offset for each chunk.
struct ScaleAndOffset {
    static constexpr bool NESTED = false, HAS_OFFSETS = true;
    static constexpr int HEADER_BYTES = 0, CHUNK_BYTES = 4 * PANEL;
    static ColumnScales load(const uint8_t*, const uint8_t* chunk, int half) {
        const f16* halves = (const f16*)chunk + half * LANES;
        return {load_halves(halves), load_halves(halves + PANEL)};
    }
    static void put(uint8_t*, uint8_t* chunk, int column, f16 scale, f16 offset) {
        ((f16*)chunk)[column] = scale, ((f16*)chunk)[PANEL + column] = offset;
    }
    static void get(const uint8_t*, const uint8_t* chunk, int column, float& scale, float& offset) {
        scale = widen(((const f16*)chunk)[column]), offset = widen(((const f16*)chunk)[PANEL + column]);
    }
};

// Integers for each chunk, in units of two float16 numbers for each stripe: weight = d * scale * code - m * minimum.
struct NestedScaleAndOffset {
    static constexpr bool NESTED = true;
    static constexpr bool ONE_UNIT = false;
    static constexpr int CHUNKS = 8;  // of a stripe
    static constexpr int HEADER_BYTES = 4 * PANEL, CHUNK_BYTES = 2 * PANEL;
    static ColumnScales units(const uint8_t* header, int half) {
        const f16* units = (const f16*)header + half * LANES;
        return {load_halves(units), load_halves(units + PANEL)};
    }
    static Ints scale(const uint8_t* chunk, int half) { return load_small(chunk + half * LANES); }
    static Ints offset(const uint8_t* chunk, int half) { return load_small(chunk + PANEL + half * LANES); }
    static void put(uint8_t* header, uint8_t* chunk, int column, f16 d, f16 m, uint8_t scale, uint8_t minimum) {
        ((f16*)header)[column] = d, ((f16*)header)[PANEL + column] = m;
        chunk[column] = scale, chunk[PANEL + column] = minimum;
    }
    static void get(const uint8_t* header, const uint8_t* chunk, int column, float& scale, float& offset) {
        scale = widen(((const f16*)header)[column]) * chunk[column];
        offset = -(widen(((const f16*)header)[PANEL + column]) * chunk[PANEL + column]);
    }
};

// An integer for each chunk, in units of a float16 number for each stripe: weight = d * scale * (code - ZERO).
template <int ZERO> struct NestedScale {
    static constexpr bool NESTED = true;
    static constexpr bool ONE_UNIT = true;  // of scales and offsets
    static constexpr int CHUNKS = 16;
    static constexpr int HEADER_BYTES = 2 * PANEL, CHUNK_BYTES = PANEL;
    static ColumnScales units(const uint8_t* header, int half) {
        const Floats unit = load_halves((const f16*)header + half * LANES);
        return {unit, unit};
    }
    static Ints scale(const uint8_t* chunk, int half) { return load_small((const int8_t*)chunk + half * LANES); }
    static Ints offset(const uint8_t* chunk, int half) { return scale(chunk, half) * ZERO; }
    static void put(uint8_t* header, uint8_t* chunk, int column, f16 d, int8_t scale) {
        ((f16*)header)[column] = d, ((int8_t*)chunk)[column] = scale;
    }
    static void get(const uint8_t* header, const uint8_t* chunk, int column, float& scale, float& offset) {
        scale = widen(((const f16*)header)[column]) * ((const int8_t*)chunk)[column], offset = -ZERO * scale;
    }
};

// A float32 scale and the code that stands for zero, for each stripe: weight = scale * (code - zero). The header may be longer,
// so that codes begin where cache lines do.
template <class Zero, int BYTES = 5 * PANEL> struct ScaleAndZero {
    static constexpr bool NESTED = false, HAS_OFFSETS = true;
    static constexpr int HEADER_BYTES = BYTES, CHUNK_BYTES = 0;
    static ColumnScales load(const uint8_t* header, const uint8_t*, int half) {
        const Floats scale = ::load((const float*)header + half * LANES);
        const Ints zeros = load_small((const Zero*)(header + 4 * PANEL) + half * LANES);
        return {scale, -(scale * __builtin_convertvector(zeros, Floats))};
    }
    static void put(uint8_t* header, uint8_t*, int column, float scale, Zero zero) {
        memcpy(header + 4 * column, &scale, 4), ((Zero*)(header + 4 * PANEL))[column] = zero;
    }
    static void get(const uint8_t* header, const uint8_t*, int column, float& scale, float& offset) {
        memcpy(&scale, header + 4 * column, 4), offset = -(scale * ((const Zero*)(header + 4 * PANEL))[column]);
    }
};

}  // namespace
