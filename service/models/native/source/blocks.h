// The blocks of ggml's formats, and how they are repacked for the kernels. No number is rounded.
//
// A block holds the codes of 32 or 256 successive weights of a row, and their scales. ggml-common.h of ggml describes the
// blocks, ggml-quants.c how weights are made of them.

#pragma once

#include <cstdint>
#include <cstring>

#include "formats.h"
#include "halves.h"

namespace {

inline f16 half_at(const uint8_t* p) {
    f16 half;
    memcpy(&half, p, sizeof half);
    return half;
}

// One stripe of one column, while it is packed. Its memory is zeroed before.
template <class F> struct StripeWriter {
    uint8_t* header;
    int column;

    uint8_t* chunk(int c) const { return header + F::chunk_offset(c); }
    template <class Code> void put(int k, Code code) const {
        F::Codes::put(chunk(k / F::CHUNK) + F::Scales::CHUNK_BYTES, column, k % F::CHUNK, code);
    }
    template <class... Values> void scale(int c, Values... values) const {
        F::Scales::put(header, chunk(c), column, values...);
    }
    // 32 codes of four bits: the low nibbles of 16 bytes, then their high nibbles.
    void put_nibbles(const uint8_t* bytes) const {
        for (int i = 0; i < 16; i++) put(i, uint8_t(bytes[i] & 15)), put(i + 16, uint8_t(bytes[i] >> 4));
    }
    // The same with a fifth bit for each.
    void put_five_bits(const uint8_t* fifths, const uint8_t* bytes) const {
        uint32_t bits;
        memcpy(&bits, fifths, 4);
        for (int i = 0; i < 16; i++) {
            put(i, uint8_t((bytes[i] & 15) | (bits >> i & 1) << 4));
            put(i + 16, uint8_t(bytes[i] >> 4 | (bits >> (i + 16) & 1) << 4));
        }
    }
};

// Each struct describes one format of blocks: the format that it is packed into, and how a block is repacked.

struct BlockQ4_0 {
    using F = FormatQ4_0;
    static constexpr int WEIGHTS = 32, BYTES = 18;
    static void repack(const uint8_t* b, const StripeWriter<F>& to) { to.scale(0, half_at(b)), to.put_nibbles(b + 2); }
};

struct BlockQ4_1 {
    using F = FormatQ4_1;
    static constexpr int WEIGHTS = 32, BYTES = 20;
    static void repack(const uint8_t* b, const StripeWriter<F>& to) {
        to.scale(0, half_at(b), half_at(b + 2)), to.put_nibbles(b + 4);
    }
};

struct BlockQ5_0 {
    using F = FormatQ5_0;
    static constexpr int WEIGHTS = 32, BYTES = 22;
    static void repack(const uint8_t* b, const StripeWriter<F>& to) {
        to.scale(0, half_at(b)), to.put_five_bits(b + 2, b + 6);
    }
};

struct BlockQ5_1 {
    using F = FormatQ5_1;
    static constexpr int WEIGHTS = 32, BYTES = 24;
    static void repack(const uint8_t* b, const StripeWriter<F>& to) {
        to.scale(0, half_at(b), half_at(b + 2)), to.put_five_bits(b + 4, b + 8);
    }
};

struct BlockQ8_0 {
    using F = FormatQ8_0;
    static constexpr int WEIGHTS = 32, BYTES = 34;
    static void repack(const uint8_t* b, const StripeWriter<F>& to) {
        to.scale(0, half_at(b));
        for (int i = 0; i < 32; i++) to.put(i, code8(int8_t(b[2 + i])));
    }
};

struct BlockIQ4_NL {  // four bits that stand for numbers of eight bits: packed as these
    using F = FormatQ8_0;
    static constexpr int WEIGHTS = 32, BYTES = 18;
    static void repack(const uint8_t* b, const StripeWriter<F>& to) {
        static constexpr int8_t NUMBERS[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
        to.scale(0, half_at(b));
        for (int i = 0; i < 16; i++)
            to.put(i, code8(NUMBERS[b[2 + i] & 15])), to.put(i + 16, code8(NUMBERS[b[2 + i] >> 4]));
    }
};

// The 6-bit scale and minimum of chunk `c`, of eight pairs in 12 bytes.
inline void six_bits(const uint8_t* p, int c, uint8_t& scale, uint8_t& minimum) {
    if (c < 4) scale = p[c] & 63, minimum = p[c + 4] & 63;
    else scale = uint8_t((p[c + 4] & 15) | p[c - 4] >> 6 << 4), minimum = uint8_t(p[c + 4] >> 4 | p[c] >> 6 << 4);
}

template <class F_, int FIFTHS> struct BlockOfEight {  // FIFTHS: bytes with a fifth bit for each code
    using F = F_;
    static constexpr int WEIGHTS = 256, BYTES = 16 + FIFTHS + 128;
    static void repack(const uint8_t* b, const StripeWriter<F>& to) {
        for (int c = 0; c < 8; c++) {
            uint8_t scale, minimum;
            six_bits(b + 4, c, scale, minimum);
            to.scale(c, half_at(b), half_at(b + 2), scale, minimum);
            const uint8_t *fifths = b + 16, *nibbles = b + 16 + FIFTHS + c / 2 * 32;
            for (int i = 0; i < 32; i++) {
                const int high = FIFTHS ? fifths[i] >> c & 1 : 0;
                to.put(32 * c + i, uint8_t((nibbles[i] >> (c % 2 * 4) & 15) | high << 4));
            }
        }
    }
};
using BlockQ4_K = BlockOfEight<FormatQ4_K, 0>;
using BlockQ5_K = BlockOfEight<FormatQ5_K, 32>;

struct BlockQ6_K {
    using F = FormatQ6_K;
    static constexpr int WEIGHTS = 256, BYTES = 210;
    static void repack(const uint8_t* b, const StripeWriter<F>& to) {
        const uint8_t *nibbles = b, *pairs = b + 128, *scales = b + 192;
        for (int c = 0; c < 16; c++) to.scale(c, half_at(b + 208), int8_t(scales[c]));
        for (int k = 0; k < 256; k++) {
            const int part = k / 128, quarter = k % 128 / 32, i = k % 32;
            const int low = nibbles[64 * part + quarter % 2 * 32 + i] >> (quarter < 2 ? 0 : 4) & 15;
            to.put(k, uint8_t(low | (pairs[32 * part + i] >> 2 * quarter & 3) << 4));
        }
    }
};

// Call work(Block) for ggml's number of a format. Returns false if it has no kernels.
template <class Work> inline bool with_blocks(int32_t format, const Work& work) {
    switch (format) {
        case 2: return work(BlockQ4_0{}), true;
        case 3: return work(BlockQ4_1{}), true;
        case 6: return work(BlockQ5_0{}), true;
        case 7: return work(BlockQ5_1{}), true;
        case 8: return work(BlockQ8_0{}), true;
        case 12: return work(BlockQ4_K{}), true;
        case 13: return work(BlockQ5_K{}), true;
        case 14: return work(BlockQ6_K{}), true;
        case 20: return work(BlockIQ4_NL{}), true;
        default: return false;
    }
}

}  // namespace
