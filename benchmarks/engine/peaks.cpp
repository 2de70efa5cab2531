// The peaks of one core, measured in loops of the instructions that the kernels use. Each function returns a number
// that depends on all of its work, so that the compiler cannot remove any of it.

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

// Returns the number of operations. An addition and a multiplication are two.
int64_t peak_float(int64_t turns) {
    Floats sums[CHAINS] = {}, v = broadcast(1.0f);
    for (int64_t i = 0; i < turns; i++)
        for (int c = 0; c < CHAINS; c++) {
            asm volatile("" : "+x"(v));
            sums[c] += v * v;
        }
    Floats total = {};
    for (int c = 0; c < CHAINS; c++) total += sums[c];
    asm volatile("" : : "x"(total));
    return turns * CHAINS * LANES * 2;
}

int64_t peak_int8(int64_t turns) {
    IntVector sums[CHAINS] = {}, v = broadcast_pair(1);
    for (int64_t i = 0; i < turns; i++)
        for (int c = 0; c < CHAINS; c++) {
            asm volatile("" : "+x"(v));
            sums[c] = add(sums[c], multiply_pairs(v, v));
        }
    IntVector total = sums[0];
    for (int c = 1; c < CHAINS; c++) total = add(total, sums[c]);
    asm volatile("" : : "x"(total));
    return turns * CHAINS * 2 * LANES * 2;
}

}  // extern "C"
