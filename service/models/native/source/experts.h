// Mixtures of experts: for each row a router chooses a few of many MLPs, and their results are summed with weights.
//
// The rows of each expert are gathered, so that its weights are read once for all of them. A row's results are summed
// in the order of their weights, which depends on the row alone.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "activation.h"
#include "linear.h"
#include "model.h"
#include "team.h"

namespace {

// Choose the `e.chosen` experts with the largest logits, largest first, and their weights.
void choose_experts(const KernelExperts& e, float* logits, int32_t* chosen, float* weights) {
    float top = -INFINITY, sum = 0, chosen_sum = 0;
    for (int64_t i = 0; i < e.count; i++) top = logits[i] > top ? logits[i] : top;
    for (int64_t i = 0; i < e.count; i++) sum += logits[i] = std::exp(logits[i] - top);  // from here on, not negative
    for (int64_t j = 0; j < e.chosen; j++) {
        int64_t best = 0;
        for (int64_t i = 1; i < e.count; i++) best = logits[i] > logits[best] ? i : best;
        chosen[j] = int32_t(best);
        weights[j] = logits[best];
        chosen_sum += logits[best];
        logits[best] = -1;
    }
    for (int64_t j = 0; j < e.chosen; j++) weights[j] /= e.normalized ? chosen_sum : sum;
}

// Add the weighted results of the experts for x [rows][H] to out [rows][H].
void add_experts(Team& team, const KernelExperts& e, const float* x, int64_t rows, int64_t H, float* out) {
    static thread_local std::vector<float> memory;
    static thread_local std::vector<int32_t> numbers;
    const int64_t pairs = rows * e.chosen, inner = e.down->k;  // pairs of a row and one of its experts
    memory.resize(rows * e.count + pairs * (1 + 2 * H + inner));
    numbers.resize(2 * pairs + e.count + 1);
    float* logits = memory.data();
    float* weights = logits + rows * e.count;
    float* gathered = weights + pairs;
    float* results = gathered + pairs * H;
    float* between = results + pairs * H;
    int32_t* chosen = numbers.data();
    int32_t* places = chosen + pairs;  // of each pair among those that are sorted by expert
    int32_t* begins = places + pairs;  // [count + 1]: expert i has the pairs from begins[i] to begins[i + 1]
    linear(team, e.router, x, H, rows, logits, e.count, false);
    for_each_row(team, rows, [&](int64_t r) {
        choose_experts(e, logits + r * e.count, chosen + r * e.chosen, weights + r * e.chosen);
    });
    std::fill(begins, begins + e.count + 1, 0);
    for (int64_t p = 0; p < pairs; p++) places[p] = begins[chosen[p] + 1]++;
    for (int64_t i = 0; i < e.count; i++) begins[i + 1] += begins[i];
    for (int64_t p = 0; p < pairs; p++) places[p] += begins[chosen[p]];
    for_each_row(team, rows, [&](int64_t r) {
        for (int64_t j = 0; j < e.chosen; j++)
            memcpy(gathered + places[r * e.chosen + j] * H, x + r * H, sizeof(float) * H);
    });
    for (int64_t i = 0; i < e.count; i++) {
        const int64_t begin = begins[i], count = begins[i + 1] - begin;
        if (!count) continue;
        linear(team, e.up[i], gathered + begin * H, H, count, between, inner, false);
        linear(team, e.down[i], between, inner, count, results + begin * H, H, false);
    }
    for_each_row(team, rows, [&](int64_t r) {
        for (int64_t j = 0; j < e.chosen; j++) {
            const float weight = weights[r * e.chosen + j];
            const float* result = results + places[r * e.chosen + j] * H;
            for (int64_t i = 0; i < H; i++) out[r * H + i] += weight * result[i];
        }
    });
}

// Multiply each row of out [rows][H] by the sigmoid of what `gate`, which has one output, gives for the row of x.
void apply_gate(Team& team, const KernelLinear& gate, const float* x, int64_t rows, int64_t H, float* out) {
    static thread_local std::vector<float> memory;
    memory.resize(rows);
    float* scores = memory.data();
    linear(team, gate, x, H, rows, scores, 1, false);
    for_each_row(team, rows, [&](int64_t r) {
        const float factor = sigmoid(broadcast(scores[r]))[0];
        for (int64_t i = 0; i < H; i++) out[r * H + i] *= factor;
    });
}

}  // namespace
