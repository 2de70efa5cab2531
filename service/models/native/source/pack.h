// Packing: from the rows of a checkpoint's matrix to the layouts that the kernels read.
//
// A row of the checkpoint's matrix is a column of the packed one. The memory is zeroed before, and has room for the padded
// matrix. Threads share the panels.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "amx.h"
#include "blocks.h"
#include "formats.h"
#include "panel.h"
#include "short_sum_rows.h"
#include "team.h"

namespace {

// Call work(row) for all rows, those of a panel on one thread.
template <class Work> void for_each_column(Team& team, int64_t n, const Work& work) {
    team.share((n + PANEL - 1) / PANEL, [&](int64_t panel) {
        for (int64_t row = panel * PANEL; row < std::min(n, (panel + 1) * PANEL); row++) work(row);
    });
}

// Call work(stripe writer, first k, last k) for all stripes of all rows.
template <class F, class Work> void for_each_stripe(Team& team, void* to, int64_t n, int64_t k, int64_t stripe, const Work& work) {
    for_each_column(team, n, [&](int64_t row) {
        uint8_t* panel = (uint8_t*)to + row / PANEL * F::panel_bytes(k, stripe);
        for (int64_t s = 0; s * stripe < k; s++)
            work(StripeWriter<F>{panel + s * F::stripe_bytes(stripe), int(row % PANEL)}, row, s * stripe, std::min(k, (s + 1) * stripe));
    });
}

// Quantize the weights w[begin..end) to eight bits: the largest one becomes 127, or the lane of the largest norm has just
// the largest norm that short_sum_rows.h allows. `begin` is a multiple of 16.
template <class Numbers> void put_int8(const StripeWriter<FormatInt8>& to, const Numbers& w, int64_t begin, int64_t end) {
    float largest = 0;
    for (int64_t i = begin; i < end; i++) {  // not fmax: GCC 12 fails to vectorize it for ARM
        const float size = std::fabs(w(i));
        largest = size > largest ? size : largest;
    }
    float norm = 0;
    for (int64_t first = begin; first < end; first += 16) {
        float squares[2] = {};
        for (int64_t i = first; i < std::min(end, first + 16); i++) squares[i / 2 % 2] += w(i) * w(i);
        norm = std::max(norm, std::sqrt(std::max(squares[0], squares[1])));
    }
    const float scale = std::max(largest / 127, norm / (MOST_OF_WEIGHTS - ROUNDING_OF_LANE)), inverse = scale > 0 ? 1 / scale : 0;
    to.scale(0, scale, ZERO8);
    for (int64_t i = begin; i < end; i++) to.put(int(i - begin), code8(int8_t(std::nearbyint(w(i) * inverse))));
}

// The scale and the offset of four bits that cost the least squared error, among ranges that are shrunk in steps of 4 %:
// a few large weights are cut off if that makes the steps of all others finer. Both are numbers of float16.
struct FourBits {
    f16 scale = {}, offset = {};

    int code(float w) const {
        const float steps = widen(scale) > 0 ? (w - widen(offset)) / widen(scale) : 0;
        return std::min(15, std::max(0, int(std::nearbyint(steps))));
    }
    template <class Numbers> static FourBits best(const Numbers& w, int64_t begin, int64_t end) {
        float low = INFINITY, high = -INFINITY;
        for (int64_t i = begin; i < end; i++) low = std::min(low, w(i)), high = std::max(high, w(i));
        FourBits best;
        narrow(low, best.offset);  // for equal weights
        float least = INFINITY;
        for (int step = 0; step < 8 && high > low; step++) {
            const float cut = 0.02f * step * (high - low);
            FourBits bits;
            narrow((high - low - 2 * cut) / 15, bits.scale), narrow(low + cut, bits.offset);
            float error = 0;
            for (int64_t i = begin; i < end; i++) {
                const float rest = w(i) - widen(bits.scale) * bits.code(w(i)) - widen(bits.offset);
                error += rest * rest;
            }
            if (error < least) least = error, best = bits;
        }
        return best;
    }
};

template <class Numbers> void put_four_bits(const StripeWriter<FormatQ4_1>& to, const Numbers& w, int64_t begin, int64_t end) {
    const FourBits bits = FourBits::best(w, begin, end);
    to.scale(0, bits.scale, bits.offset);
    for (int64_t i = begin; i < end; i++) to.put(int(i - begin), uint8_t(bits.code(w(i))));
}

// Pack weights [n][k], row-major, of float32, bfloat16 or float16. For SPLIT and TILED, k is a multiple of TILE_K.
void pack(Team& team, const void* from, int32_t from_kind, void* to, int32_t to_kind, int64_t n, int64_t k, int64_t stripe) {
    auto of_row = [&](int64_t row) { return [=](int64_t i) { return number_at(from, from_kind, row * k + i); }; };
    if (to_kind == INT8)
        return for_each_stripe<FormatInt8>(team, to, n, k, stripe, [&](const auto& writer, int64_t row, int64_t begin, int64_t end) {
            put_int8(writer, of_row(row), begin, end);
        });
    if (to_kind == Q4_1)
        return for_each_stripe<FormatQ4_1>(team, to, n, k, stripe, [&](const auto& writer, int64_t row, int64_t begin, int64_t end) {
            put_four_bits(writer, of_row(row), begin, end);
        });
    for_each_column(team, n, [&](int64_t row) {
        const int64_t number = row / PANEL, column = row % PANEL;
        const auto at = of_row(row);
        if (to_kind == SPLIT) {
            const int64_t step = row / SQUARE * (k / TILE_K);
            for (int64_t i = 0; i < k; i++) {
                bf16* high = (bf16*)to + (step + i / TILE_K) * STEP_NUMBERS + row % SQUARE / TILE * TILE_NUMBERS +
                             i % TILE_K / 2 * TILE_K + row % TILE * 2 + i % 2;
                narrow(at(i), *high);
                narrow(at(i) - widen(*high), high[2 * TILE_NUMBERS]);
            }
        } else if (to_kind == TILED) {
            for (int64_t i = 0; i < k; i++) narrow(at(i), ((bf16*)to)[place_in_tiles(row, i, k)]);
        } else if (to_kind == BF16) {
            bf16* panel = (bf16*)to + number * k * PANEL;
            for (int64_t i = 0; i < k; i++) narrow(at(i), panel[i * PANEL + position_of<bf16>(column)]);
        } else if (to_kind == F16) {
            f16* panel = (f16*)to + number * k * PANEL;
            for (int64_t i = 0; i < k; i++) narrow(at(i), panel[i * PANEL + column]);
        } else {
            float* panel = (float*)to + number * k * PANEL;
            for (int64_t i = 0; i < k; i++) panel[i * PANEL + column] = at(i);
        }
    });
}

// Pack rows of ggml's blocks. `format` is ggml's number.
void pack_blocks(Team& team, const uint8_t* from, int32_t format, void* to, int64_t n, int64_t k) {
    with_blocks(format, [&]<class Block>(Block) {
        const int64_t row_bytes = k / Block::WEIGHTS * Block::BYTES;
        for_each_stripe<typename Block::F>(team, to, n, k, Block::WEIGHTS, [&](const auto& writer, int64_t row, int64_t begin, int64_t) {
            Block::repack(from + row * row_bytes + begin / Block::WEIGHTS * Block::BYTES, writer);
        });
    });
}

// Pack codes [n][k] of four or eight bits. A scale and a zero [n][k / group] belong to each group of a row. A stripe is a
// group; that of a whole row may be longer, since stripes are whole chunks.
void pack_groups(
    Team& team, const uint8_t* codes, const float* scales, const uint8_t* zeros, int64_t group, int32_t kind, void* to,
    int64_t n, int64_t k, int64_t stripe
) {
    with_format(kind, [&]<class F>(F) {
        if constexpr (std::is_same_v<F, FormatInt4> || std::is_same_v<F, FormatStoredInt8>) {
            constexpr int SHIFT = std::is_same_v<F, FormatStoredInt8> ? 128 - ZERO8 : 0;  // codes may be stored as signed ones
            for_each_stripe<F>(team, to, n, k, stripe, [&](const auto& writer, int64_t row, int64_t begin, int64_t end) {
                const int64_t number = row * (k / group) + begin / group;
                writer.scale(0, scales[number], zeros[number] - SHIFT);
                for (int64_t i = begin; i < end; i++) writer.put(int(i - begin), uint8_t(codes[row * k + i] - SHIFT));
            });
        }
    });
}

// The column `n` of a packed matrix as float32.
inline void read_column(const KernelLinear& w, int64_t n, float* to) {
    const int64_t number = n / PANEL, column = n % PANEL;
    auto read = [&]<class T>(const T* panels) {
        const T* numbers = panels + number * w.k * PANEL + position_of<T>(int(column));
        for (int64_t i = 0; i < w.k; i++) to[i] = widen(numbers[i * PANEL]);
    };
    if (w.kind == F32) read((const float*)w.panels);
    else if (w.kind == BF16) read((const bf16*)w.panels);
    else if (w.kind == F16) read((const f16*)w.panels);
    else if (w.kind == TILED)
        for (int64_t i = 0; i < w.k; i++) to[i] = widen(((const bf16*)w.panels)[place_in_tiles(n, i, w.k)]);
    else dequantize_column(w, n, to);
}

}  // namespace
