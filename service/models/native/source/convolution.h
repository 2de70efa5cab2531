// Convolutions of width 3 that read the features of sources, as linear layers over three frames each.

#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "linear_layer.h"
#include "model.h"
#include "team.h"

namespace {

// Write frames `step` apart, each between its two neighbours, into to [frames / step][3][channels]. Beyond the ends are zeros.
inline void gather_frames(Team& team, const float* x, int64_t frames, int64_t channels, int64_t step, float* to) {
    for_each_row(team, frames / step, [&](int64_t r) {
        for (int64_t i = 0; i < 3; i++) {
            const int64_t frame = r * step + i - 1;
            float* place = to + (r * 3 + i) * channels;
            if (frame < 0 || frame >= frames) std::fill(place, place + channels, 0.0f);
            else memcpy(place, x + frame * channels, sizeof(float) * channels);
        }
    });
}

// The encoder's inputs x [positions][hidden] for the sources [first, last), with their positions.
inline void read_features(Team& team, const KernelEncoderDecoder& m, const KernelSources& s, int64_t first, int64_t last, float* x) {
    static thread_local std::vector<float> memory;
    const int64_t H = m.hidden, channels = m.first_convolution.k / 3;
    for (int64_t i = first; i < last; i++) {
        const int64_t positions = s.offsets[i + 1] - s.offsets[i], frames = 2 * positions;
        memory.resize(frames * (std::max(3 * channels, 2 * H) + H));
        float *gathered = memory.data(), *between = gathered + frames * std::max(3 * channels, 2 * H);
        gather_frames(team, s.features + 2 * s.offsets[i] * channels, frames, channels, 1, gathered);
        linear_layer(team, m.first_convolution, gathered, frames, between);
        gather_frames(team, between, frames, H, 2, gathered);
        float* rows = x + (s.offsets[i] - s.offsets[first]) * H;
        linear_layer(team, m.second_convolution, gathered, positions, rows);
        for_each_row(team, positions, [&](int64_t r) {
            for (int64_t j = 0; j < H; j++) rows[r * H + j] += m.encoder.positions[r * H + j];
        });
    }
}

}  // namespace
