// The peaks of one core, measured in loops of the instructions that the kernels use. Each function returns a number
// that depends on all of its work, so that the compiler cannot remove any of it.

#include <cstring>

#include "codes.h"
#include "vector.h"

namespace {
constexpr int CHAINS = 10;  // independent sums hide the latency of an instruction; 10 fit into 16 registers
}

extern "C" {

// `count` is a multiple of 4 * LANES.
float peak_read(const float* from, int64_t count) {
    Ints sums[4] = {};
    for (int64_t i = 0; i < count; i += 4 * LANES)
        for (int c = 0; c < 4; c++) sums[c] ^= (Ints)load(from + i + c * LANES);
    return sum_of((Floats)(sums[0] ^ sums[1] ^ sums[2] ^ sums[3]));
}

float peak_copy(float* to, const float* from, int64_t count) {
    memcpy(to, from, count * sizeof(float));
    return to[0];
}

// The loops return the number of operations. An addition and a multiplication are two.

int64_t peak_float(int64_t turns) {
    Floats sums[CHAINS] = {};
    IntVector ones_as_bits = (IntVector)broadcast(1.0f);
    for (int64_t i = 0; i < turns; i++)
#pragma GCC unroll 10
        for (int c = 0; c < CHAINS; c++) {
            pin(ones_as_bits);
            sums[c] += (Floats)ones_as_bits * (Floats)ones_as_bits;
        }
    Floats total = {};
    for (int c = 0; c < CHAINS; c++) total += sums[c];
    return turns * CHAINS * LANES * 2 + (sum_of(total) < 0);
}

// Products of weights of eight bits: by bytes, four of them in int16 where the processor has no dot products of bytes, or
// by int16 where it has no products of bytes.
int64_t peak_int8(int64_t turns) {
    IntVector sums[CHAINS] = {}, v = ones();
    for (int64_t i = 0; i < turns; i++)
#pragma GCC unroll 10
        for (int c = 0; c < CHAINS; c++) {
            pin(v);
#if KERNEL_BYTE_PRODUCTS
            sums[c] = dot4(sums[c], v, v);
#elif KERNEL_QUARTETS_IN_SHORTS
            IntVector shorts = v;
#pragma GCC unroll 4
            for (int j = 0; j < 4; j++) pin(v), shorts = add_products(shorts, v, v), pin(shorts);
            sums[c] += scaled(shorts, ones());
#else
            sums[c] += multiply_pairs(v, v);
#endif
            pin(sums[c]);
        }
    IntVector total = {};
    for (int c = 0; c < CHAINS; c++) total += sums[c];
#if KERNEL_BYTE_PRODUCTS
    constexpr int PRODUCTS = 4;
#elif KERNEL_QUARTETS_IN_SHORTS
    constexpr int PRODUCTS = 16;
#else
    constexpr int PRODUCTS = 2;
#endif
    return turns * CHAINS * PRODUCTS * LANES * 2 + (total[0] < 0);
}

// Products of weights of four bits with bytes.
int64_t peak_int4(int64_t turns) {
    IntVector sums[CHAINS] = {}, v = ones();
    for (int64_t i = 0; i < turns; i++)
#pragma GCC unroll 10
        for (int c = 0; c < CHAINS; c++) {
            pin(v);
            sums[c] = add_products(sums[c], v, v), pin(sums[c]);
        }
    IntVector total = {};
    for (int c = 0; c < CHAINS; c++) total += sums[c];
    return turns * CHAINS * 4 * LANES * 2 + (total[0] == 1);
}

}  // extern "C"
