// An encoder as BERT's. One call encodes texts of any lengths, without padding.
//
// A thread takes a block of tokens through all that lies between two attentions. So its activations stay in the cache,
// and the threads wait for each other only twice in a layer.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "activation.h"
#include "model.h"
#include "panel.h"
#include "product.h"
#include "team.h"
#include "text_attention.h"
#include "vector.h"

namespace {

constexpr int64_t BLOCK = 96;  // tokens of a block; a multiple of TILE_ROWS and of SQUARE

// (row - mean) / deviation * weight + bias, in place. n is a multiple of LANES.
inline void layer_norm(float* row, const float* weight, const float* bias, int64_t n, float eps) {
    Floats sums = {}, squares = {};
    for (int64_t i = 0; i < n; i += LANES) sums += load(row + i);
    const Floats mean = broadcast(sum_of(sums) / n);
    for (int64_t i = 0; i < n; i += LANES) {
        const Floats distance = load(row + i) - mean;
        squares += distance * distance;
    }
    const Floats scale = broadcast(1 / std::sqrt(sum_of(squares) / n + eps));
    for (int64_t i = 0; i < n; i += LANES)
        store(row + i, (load(row + i) - mean) * scale * load(weight + i) + load(bias + i));
}

// Rows is FloatRows or SplitRows.
template <class Rows> class Encoding {
  public:
    // `x` [tokens][hidden] holds the hidden states of all tokens.
    Encoding(Team& team, const KernelEncoder& encoder, const KernelTexts& texts, float* x)
        : team(team), e(encoder), texts(texts), H(e.hidden), D(e.hidden / e.heads), x(x) {
        tokens = texts.offsets[texts.count];
        static thread_local std::vector<float> memory;
        memory.resize(tokens * 4 * H);
        qkv = memory.data(), attended = qkv + tokens * 3 * H;
    }

    void run() {
        for_each_block([&](int64_t begin, int64_t end) {
            for (int64_t t = begin; t < end; t++) embed(t);
            project(e.layers[0], begin, end);
        });
        for (int64_t l = 0; l < e.num_layers; l++) {
            const KernelEncoderLayer& layer = e.layers[l];
            team.share(texts.count * e.heads, [&](int64_t i) {
                const int64_t text = i / e.heads, head = i % e.heads, begin = texts.offsets[text];
                const float* queries = qkv + begin * 3 * H + head * D;
                attend_in_text(
                    {queries, queries + H, queries + 2 * H, 3 * H, D, texts.offsets[text + 1] - begin, 1 / std::sqrt(float(D)), {}},
                    attended + begin * H + head * D, H
                );
            });
            for_each_block([&](int64_t begin, int64_t end) {
                feed_forward(layer, begin, end);
                if (l + 1 < e.num_layers) project(e.layers[l + 1], begin, end);
            });
        }
    }

  private:
    // Call work(begin, end) for blocks of tokens, on all threads. Few tokens are cut into smaller blocks.
    template <class F> void for_each_block(const F& work) {
        const int64_t fair = (tokens / (2 * team.size()) + SQUARE - 1) / SQUARE * SQUARE;
        const int64_t size = std::clamp<int64_t>(fair, SQUARE, BLOCK);
        team.share((tokens + size - 1) / size, [&](int64_t i) {
            work(i * size, std::min(tokens, (i + 1) * size));
        });
    }

    void embed(int64_t t) {
        const float* word = e.words + texts.ids[t] * H;
        const float* position = e.positions + texts.positions[t] * H;
        const float* type = e.types ? e.types + (texts.types ? texts.types[t] : 0) * H : nullptr;
        for (int64_t i = 0; i < H; i += LANES) {
            const Floats sum = type ? load(word + i) + load(type + i) : load(word + i);
            store(x + t * H + i, sum + load(position + i));
        }
        layer_norm(x + t * H, e.norm_weight, e.norm_bias, H, e.eps);
    }

    // Queries, keys and values of a block of tokens.
    void project(const KernelEncoderLayer& layer, int64_t begin, int64_t end) {
        multiply(layer.qkv, x, begin, end, [&](int64_t r, int64_t column, Floats v) {
            store(qkv + (begin + r) * 3 * H + column, v);
        });
    }

    // What follows the attention, for a block of tokens.
    void feed_forward(const KernelEncoderLayer& layer, int64_t begin, int64_t end) {
        const auto add = [&](int64_t r, int64_t column, Floats v) {
            float* to = x + (begin + r) * H + column;
            store(to, load(to) + v);
        };
        multiply(layer.o, attended, begin, end, add);
        for (int64_t t = begin; t < end; t++)
            layer_norm(x + t * H, layer.attention_weight, layer.attention_bias, H, e.eps);
        static thread_local Rows inner;
        inner.resize(end - begin, e.inner);
        multiply(layer.up, x, begin, end, [&](int64_t r, int64_t column, Floats v) { inner.put(r, column, gelu(v)); });
        inner.multiply(layer.down, add);
        for (int64_t t = begin; t < end; t++) layer_norm(x + t * H, layer.output_weight, layer.output_bias, H, e.eps);
    }

    // The product of the tokens [begin, end) of `from` [tokens][hidden] with w.
    template <class Finish>
    void multiply(const KernelLinear& w, const float* from, int64_t begin, int64_t end, const Finish& finish) {
        static thread_local Rows rows;
        rows.resize(end - begin, H);
        for (int64_t t = begin; t < end; t++)
            for (int64_t i = 0; i < H; i += LANES) rows.put(t - begin, i, load(from + t * H + i));
        rows.multiply(w, finish);
    }

    Team& team;
    const KernelEncoder& e;
    const KernelTexts& texts;
    const int64_t H, D;
    int64_t tokens;
    float *x, *qkv, *attended;  // qkv: [tokens][queries, keys, values][hidden]
};

}  // namespace
