// A test of the arithmetic that the processor's own instructions compute. Python runs it whenever a library is loaded,
// and uses another library if it fails: a compiler, an emulator or a virtual machine may be wrong about an instruction.
//
// Every function is compared with plain C++ (`portable`), for numbers that include the largest and the smallest ones.

#pragma once

#include <cstdint>
#include <cstring>

#include "amx.h"
#include "byte_tiles.h"
#include "halves.h"
#include "integers.h"
#include "vector.h"

namespace {

class SelfTest {
  public:
    // The name of the first function that is wrong; null if none is.
    static const char* run() {
        SelfTest test;
        for (int round = 0; round < 64; round++)
            if (const char* wrong = test.integers(round)) return wrong;
        if (!multiplies_squares(multiply_square_slowly)) return "multiply_square_slowly";
        if (KERNEL_BYTE_TILES && !byte_tiles_are_right()) return "multiply_byte_tiles";
        if (KERNEL_BYTE_TILES && !two_byte_tiles_are_right()) return "multiply_byte_tiles of two bytes";
        for (int i = 0; i < 65536; i += 7)
            if (const char* wrong = test.halves(uint16_t(i))) return wrong;
        return nullptr;
    }

  private:
    uint32_t state = 1;

    uint32_t random() { return state = state * 1664525 + 1013904223; }

    // Any bits; in the first rounds the bytes that make the largest sums.
    IntVector bits(int round, uint8_t byte) {
        IntVector v;
        for (int i = 0; i < LANES; i++) v[i] = int32_t(round < 4 ? byte * 0x01010101u : random() ^ random() >> 16);
        return v;
    }

    static bool same(IntVector a, IntVector b) { return !memcmp(&a, &b, sizeof a); }

    const char* integers(int round) {
        const IntVector sums = bits(round, 0), a = bits(round, 0xff), b = bits(round, round % 2 ? 0x80 : 0x7f);
        const IntVector small = a & 0x7f7f7f7f;
        if (!same(dot4(sums, a, b), portable::dot4(sums, a, b))) return "dot4";
        if (!same(dot4_small(sums, small, b), portable::dot4(sums, small, b))) return "dot4_small";
        const IntVector codes = a & 0x3f3f3f3f, none = {}, scale = twice(none + round);
        const IntVector twice_added = add_products(add_products(none, codes, b), codes, b);
        if (!same(scaled(twice_added, scale), portable::dot4(portable::dot4(none, codes, b), codes, b) * round)) return "scaled";
#if KERNEL_QUARTETS_IN_SHORTS
        if (!same(multiply_bytes(a, b), portable::multiply_bytes(a, b))) return "multiply_bytes";
#endif
        if (!same(multiply_pairs(a, b), portable::multiply_pairs(a, b))) return "multiply_pairs";
        if (!same(widen_bytes((const int8_t*)&a), portable::widen_bytes((const int8_t*)&a))) return "widen_bytes";
        return nullptr;
    }

    // A number of float16, and numbers of float32 that lie between it and the next one.
    const char* halves(uint16_t half) {
        const f16 number{half};
        const float wide = portable::widen(number);
        f16 many[LANES];
        for (f16& each : many) each = number;
        const Floats loaded = load_halves(many);
        if (bits_of(widen(number)) != bits_of(wide)) return "widen";
        if (memcmp(&loaded, &wide, 4) || bits_of(loaded[LANES - 1]) != bits_of(wide)) return "load_halves";
        for (uint32_t between : {0u, 1u, 0xfffu, 0x1000u, 0x1001u, 0x1fffu}) {
            f16 narrowed, expected;
            narrow(float_of(bits_of(wide) + between), narrowed);
            portable::narrow(float_of(bits_of(wide) + between), expected);
            if (narrowed.bits != expected.bits) return "narrow";
        }
        return nullptr;
    }
};

}  // namespace
