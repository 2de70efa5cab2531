// What one core can do at most, in loops that do nothing else, by the instructions that the kernels are made of. Each
// returns something that depends on all of its work, so that none of it can be left out.

#include "kernels.cpp"

namespace {
constexpr int CHAINS = 10;  // sums at once: they hide the latency of an instruction, and fit into 16 registers
}

extern "C" {

// `count` is a multiple of 4 L.
float peak_read(const float* from, int64_t count) {
    I sums[4] = {};
    for (int64_t i = 0; i < count; i += 4 * L)
        for (int c = 0; c < 4; c++) sums[c] ^= (I)load(from + i + c * L);
    return sum_of((V)(sums[0] ^ sums[1] ^ sums[2] ^ sums[3]));
}

float peak_copy(float* to, const float* from, int64_t count) {
    memcpy(to, from, count * sizeof(float));
    return to[0];
}

// Operations done: an addition and a multiplication are two.
int64_t peak_float(int64_t turns) {
    V sums[CHAINS] = {}, v = all(1.0f);
    for (int64_t i = 0; i < turns; i++)
        for (int c = 0; c < CHAINS; c++) {
            asm volatile("" : "+x"(v));
            sums[c] += v * v;
        }
    V total = {};
    for (int c = 0; c < CHAINS; c++) total += sums[c];
    asm volatile("" : : "x"(total));
    return turns * CHAINS * L * 2;
}

int64_t peak_int8(int64_t turns) {
    M sums[CHAINS] = {}, v = pair(1);
    for (int64_t i = 0; i < turns; i++)
        for (int c = 0; c < CHAINS; c++) {
            asm volatile("" : "+x"(v));
            sums[c] = add(sums[c], multiply_pairs(v, v));
        }
    M total = sums[0];
    for (int c = 1; c < CHAINS; c++) total = add(total, sums[c]);
    asm volatile("" : : "x"(total));
    return turns * CHAINS * 2 * L * 2;
}

}  // extern "C"
