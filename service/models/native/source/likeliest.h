// The likeliest columns of rows of logits, with their log probabilities.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "team.h"
#include "vector.h"

namespace {

// LANES numbers of a row from i on; what is behind its end is -inf.
inline Floats load_logits(const float* row, int64_t i, int64_t columns) {
    if (i + LANES <= columns) return load(row + i);
    Floats v = broadcast(-std::numeric_limits<float>::infinity());
    memcpy(&v, row + i, sizeof(float) * (columns - i));
    return v;
}

// Write the ids and the logits of a row's `k` largest numbers, the largest first, and of equal ones that with the lower id. Where
// there are fewer than k above -inf, the others are -inf.
inline void find_largest(const float* row, int64_t columns, int64_t k, int64_t* ids, float* values) {
    constexpr int TOGETHER = 4;  // vectors that are looked at together
    std::fill(ids, ids + k, 0), std::fill(values, values + k, -std::numeric_limits<float>::infinity());
    for (int64_t begin = 0; begin < columns; begin += TOGETHER * LANES) {
        const int64_t end = std::min(columns, begin + TOGETHER * LANES);
        Floats best = load_logits(row, begin, columns);
        for (int64_t i = begin + LANES; i < end; i += LANES) {
            const Floats v = load_logits(row, i, columns);
            best = v > best ? v : best;
        }
        if (!any((Ints)(best > broadcast(values[k - 1])))) continue;
        for (int64_t i = begin; i < end; i++) {
            if (!(row[i] > values[k - 1])) continue;
            int64_t place = k - 1;
            for (; place > 0 && row[i] > values[place - 1]; place--) values[place] = values[place - 1], ids[place] = ids[place - 1];
            values[place] = row[i], ids[place] = i;
        }
    }
}

// log(sum exp(x - top)) of a row, whose largest number is `top`. NaN if a number is NaN or +inf, or all are -inf.
inline float log_of_sum(const float* row, int64_t columns, float top) {
    constexpr int64_t PART = 64;  // vectors whose sum is float32
    double total = 0;
    for (int64_t begin = 0; begin < columns; begin += PART * LANES) {
        Floats sum = {};
        const int64_t end = std::min(columns, begin + PART * LANES);
        for (int64_t i = begin; i < end; i += LANES) {
            const Floats x = load_logits(row, i, columns) - broadcast(top);
            sum += x < broadcast(-87.0f) ? Floats{} : exp_of(x);
        }
        total += sum_of(sum);
    }
    return float(std::log(total));
}

// Write the ids and the log probabilities [rows][k] of the likeliest columns of logits [rows][columns]. Those of a row with a NaN or
// +inf, or of only -inf, are NaN.
inline void find_likeliest(Team& team, const float* logits, int64_t rows, int64_t columns, int64_t k, int64_t* ids, float* values) {
    team.share(rows, [&](int64_t r) {
        const float* row = logits + r * columns;
        float* own = values + r * k;
        find_largest(row, columns, k, ids + r * k, own);
        const float top = own[0], norm = log_of_sum(row, columns, top);
        for (int64_t i = 0; i < k; i++) own[i] = own[i] - top - norm;
    });
}

}  // namespace
