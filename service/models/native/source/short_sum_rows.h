// Rows of bytes whose products with weights of eight bits can be summed in int16.
//
// AVX2 and AVX512 multiply unsigned bytes by signed ones. They add the products of two neighbours in int16, and cut off
// what does not fit. Four such sums, of 16 successive k, are added in int16 before they become int32. So 16 numbers of a
// row have one scale: the smallest one with which no sum can overflow. That is finer than a scale by the largest number
// alone would be with seven bits, which would exclude overflows too.
//
//     two neighbours  the size of each and of their sum is at most 128: 255 * 128 < 2^15. (Where signs differ, one product
//                     is negative.)
//     a lane          the sum of its eight sizes is at most 255: 128 * 255 < 2^15. One lane has the first two numbers of
//                     each four, the other one the last two.
//
// Weights that pack.h has quantized have lanes with a norm of at most 210. With these, a lane of numbers may have any
// norm up to 156, as the sum is at most the product of the norms: 210 * 156 < 2^15. That allows finer scales.
//
// The weights are stored as unsigned numbers that are too large by 128. What this adds to the sum of a lane is taken off
// by the row's bias: -128 times the lane's numbers. Additions of int16 wrap around, so that only the last sum must fit.

#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "integers.h"
#include "panel.h"
#include "quantized_rows.h"
#include "team.h"
#include "tile.h"

namespace {

constexpr float MOST_OF_WEIGHTS = 210, ROUNDING_OF_LANE = 1.4143f;  // norms; rounding adds half of the root of 8 to a lane's

}  // namespace

#if KERNEL_QUARTETS_IN_SHORTS
namespace {

class ShortSumRows {
  public:
    static constexpr int GROUP = 16;

    // What a kernel reads for a tile: codes [k / 4][TILE_ROWS][4], scales [k / 16][TILE_ROWS], biases of the two lanes
    // [k / 16][TILE_ROWS][2]. A sum, of the codes of a chunk times their scales, is in [chunks][TILE_ROWS], for weights
    // with offsets, which are not bounded.
    struct Tile {
        static constexpr int GROUP = ShortSumRows::GROUP;
        const int8_t* codes;
        const float *scales, *sums;
        const int16_t* biases;
    };

    // Quantize `rows` rows, to be multiplied by w, whose chunks have this size, a multiple of GROUP.
    void fill(Team& team, const float* x, int64_t ldx, int64_t rows, const KernelLinear& w, int64_t chunk) {
        padded = padded_k(w), groups = padded / GROUP, chunks = padded / chunk;
        const int64_t tiles = (rows + TILE_ROWS - 1) / TILE_ROWS;
        codes.resize(tiles * TILE_ROWS * padded), sums.resize(tiles * TILE_ROWS * chunks);
        scales.resize(tiles * TILE_ROWS * groups), biases.resize(tiles * TILE_ROWS * groups * 2);
        for_each_row(team, rows, [&](int64_t r) {
            const int64_t tile = r / TILE_ROWS * TILE_ROWS;
            if (w.kind == INT8) quantize<true>(x + r * ldx, tile, r % TILE_ROWS, w.k, chunk / GROUP);
            else quantize<false>(x + r * ldx, tile, r % TILE_ROWS, w.k, chunk / GROUP);
        });
    }
    Tile tile(int64_t row) const {
        const int64_t t = row / TILE_ROWS * TILE_ROWS;
        return {codes.data() + t * padded, scales.data() + t * groups, sums.data() + t * chunks, biases.data() + t * groups * 2};
    }

  private:
    // Rounding adds at most 1 to the sum of two, 4 to that of a lane.
    static constexpr float MOST_OF_TWO = 127, MOST_OF_LANE = 251, MOST_NORM = 156 - ROUNDING_OF_LANE;
    static constexpr int ORDER[4] = {0, 2, 1, 3};  // how AVX2 packs four quartets

    // BOUNDED: the norms of the weights' lanes are, as those that pack.h has quantized.
    template <bool BOUNDED> void quantize(const float* row, int64_t tile, int64_t place, int64_t k, int64_t groups_of_chunk) {
        int8_t* to = codes.data() + tile * padded + place * 4;
        int16_t* bias = biases.data() + tile * groups * 2 + place * 2;
        float *scale = scales.data() + tile * groups + place, *sum = sums.data() + tile * chunks + place;
        for (int64_t g = 0; g < groups; g++, to += GROUP * TILE_ROWS) {
            float last[GROUP] = {};
            const bool whole = (g + 1) * GROUP <= k;
            if (!whole && g * GROUP < k) memcpy(last, row + g * GROUP, sizeof(float) * (k - g * GROUP));
            put_group<BOUNDED>(whole ? row + g * GROUP : last, to, scale[g * TILE_ROWS], bias + g * TILE_ROWS * 2);
        }
        if (BOUNDED) return;  // these weights have no offsets
        for (int64_t c = 0; c < chunks; c++) {
            float total = 0;
            for (int64_t g = c * groups_of_chunk; g < (c + 1) * groups_of_chunk; g++) {
                const int16_t* lanes = bias + g * TILE_ROWS * 2;
                total += scale[g * TILE_ROWS] * float((lanes[0] + lanes[1]) / -128);
            }
            sum[c * TILE_ROWS] = total;
        }
    }

    template <bool BOUNDED> static void put_group(const float* from, int8_t* to, float& scale, int16_t* bias) {
        const __m256 low = _mm256_loadu_ps(from), high = _mm256_loadu_ps(from + 8);
        scale = scale_of<BOUNDED>(low, high);
        const __m256 factor = _mm256_set1_ps(scale > 1e-15f ? 1 / scale : 0);  // the squares of smaller numbers might be zero
        const __m256i shorts = _mm256_packs_epi32(
            _mm256_cvtps_epi32(_mm256_mul_ps(low, factor)), _mm256_cvtps_epi32(_mm256_mul_ps(high, factor))
        );
        const __m128i bytes = _mm_packs_epi16(_mm256_castsi256_si128(shorts), _mm256_extracti128_si256(shorts, 1));
        int32_t quartets[4];
        memcpy(quartets, &bytes, sizeof quartets);
        for (int i = 0; i < 4; i++) memcpy(to + ORDER[i] * 4 * TILE_ROWS, &quartets[i], 4);

        __m128i lanes = _mm_maddubs_epi16(_mm_set1_epi8(1), bytes);
        lanes = _mm_add_epi16(lanes, _mm_shuffle_epi32(lanes, 0x4e));
        lanes = _mm_add_epi16(lanes, _mm_shuffle_epi32(lanes, 0xb1));
        const int32_t word = _mm_cvtsi128_si32(_mm_sub_epi16(_mm_setzero_si128(), _mm_slli_epi16(lanes, 7)));
        memcpy(bias, &word, 4);
    }

    // The smallest scale of 16 numbers with which no sum can overflow.
    template <bool BOUNDED> static float scale_of(__m256 low, __m256 high) {
        const __m256 sign = _mm256_set1_ps(-0.0f);
        const __m256 sizes_of_low = _mm256_andnot_ps(sign, low), sizes_of_high = _mm256_andnot_ps(sign, high);
        __m256 twos = _mm256_andnot_ps(sign, _mm256_hadd_ps(low, high));
        twos = _mm256_max_ps(twos, _mm256_max_ps(sizes_of_low, sizes_of_high));
        const __m256 parts = BOUNDED ? _mm256_hadd_ps(_mm256_mul_ps(low, low), _mm256_mul_ps(high, high))
                                     : _mm256_hadd_ps(sizes_of_low, sizes_of_high);
        __m128 most = _mm_max_ps(_mm256_castps256_ps128(twos), _mm256_extractf128_ps(twos, 1));
        __m128 lanes = _mm_add_ps(_mm256_castps256_ps128(parts), _mm256_extractf128_ps(parts, 1));
        most = _mm_max_ps(most, _mm_movehl_ps(most, most)), lanes = _mm_add_ps(lanes, _mm_movehl_ps(lanes, lanes));
        __m128 both = _mm_unpacklo_ps(most, lanes);
        both = _mm_max_ps(both, _mm_movehl_ps(both, both));
        const float of_two = _mm_cvtss_f32(both) * (1 / MOST_OF_TWO);
        const __m128 lane = _mm_shuffle_ps(both, both, 1);
        const float of_lane = BOUNDED ? _mm_cvtss_f32(_mm_sqrt_ss(lane)) * (1 / MOST_NORM) : _mm_cvtss_f32(lane) * (1 / MOST_OF_LANE);
        return of_two > of_lane ? of_two : of_lane;
    }

    std::vector<int8_t> codes;
    std::vector<float> scales, sums;
    std::vector<int16_t> biases;
    int64_t padded = 0, groups = 0, chunks = 0;
};

}  // namespace
#endif
