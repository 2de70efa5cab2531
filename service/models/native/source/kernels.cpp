// Decoders of the Llama family over a paged KV cache, and encoders as BERT. One call computes one step of a decoder, or
// the hidden states of a batch of texts.
//
//     vector.h      vectors of float32
//     panel.h       how matrices are stored
//     amx.h         products on the tile registers of AMX
//     pack.h        packing of weights
//     tile.h        the microkernels: a few rows times a panel
//     team.h        threads that share pieces of work
//     model.h       the structures that Python fills in
//     lora.h        adapters
//     linear.h      linear layers
//     norm_rope.h   normalization and rotary positions
//     activation.h  activations
//     kv_blocks.h   blocks of the KV cache
//     softmax.h     softmax in parts
//     attention.h   attention over the KV cache
//     product.h     products of rows on one thread
//     encoder.h     encoders
//
// A row's bits depend on nothing but the row: every sum runs in the same order, whatever other rows are in the step and
// however the threads share the work.
//
// All of it is compiled as one file, so that everything can be inlined. Arithmetic is float32 (int8 weights: int32).

#include <chrono>
#include <cstdint>
#include <vector>

#include "amx.h"
#include "attention.h"
#include "encoder.h"
#include "linear.h"
#include "lora.h"
#include "model.h"
#include "norm_rope.h"
#include "pack.h"
#include "panel.h"
#include "team.h"
#include "vector.h"

namespace {

// The parts of a step. structures.py has their names, in the same order (PARTS).
enum Part { EMBEDDING, NORMS, POSITIONS, LINEARS, ATTENTION, PARTS };

// Measures the parts of a step: `finish(part)` adds the time since the last call to that part.
class PartTimer {
  public:
    explicit PartTimer(int64_t* times) : times(times), begin(times ? now() : 0) {}
    void finish(Part part) {
        if (!times) return;
        const int64_t end = now();
        times[part] += end - begin;
        begin = end;
    }

  private:
    static int64_t now() {
        const auto time = std::chrono::steady_clock::now().time_since_epoch();
        return std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
    }
    int64_t* times;
    int64_t begin;
};

}  // namespace

extern "C" {

int trivium_lanes() { return LANES; }
int trivium_has_amx() { return has_amx(); }
void* trivium_create_team(int threads) { return new Team(threads); }
void trivium_delete_team(void* team) { delete (Team*)team; }

// See `pack`.
void trivium_pack(const void* from, int32_t from_kind, void* to, int32_t to_kind, float* scales, int64_t n, int64_t k) {
    pack(from, from_kind, to, to_kind, scales, n, k);
}

// y [rows][n] = x [rows][k] W^T + bias.
void trivium_linear(void* team, const KernelLinear* w, const float* x, int64_t rows, float* y) {
    linear(*(Team*)team, *w, x, w->k, rows, y, w->n, false);
}

// Compute one step: write the last hidden states into out [rows][hidden], and the keys and values into the KV cache.
void trivium_step(void* team_pointer, const KernelDecoder* decoder, const KernelStep* step, float* out) {
    Team& team = *(Team*)team_pointer;
    const KernelDecoder& d = *decoder;
    const KernelStep& s = *step;
    const int64_t H = d.hidden, D = d.head_dim, Q = d.heads * D, KV = d.kv_heads * D, stride = Q + 2 * KV;
    static thread_local std::vector<float> memory;
    memory.resize(s.rows * (2 * H + stride + Q + d.inner) + s.adapted * s.largest_rank);
    float* x = memory.data();
    float* normed = x + s.rows * H;
    float* qkv = normed + s.rows * H;
    float* attended = qkv + s.rows * stride;
    float* inner = attended + s.rows * Q;
    LowRankUpdates updates(s, inner + s.rows * d.inner);
    PartTimer timer(s.times);
    for_each_row(team, s.rows, [&](int64_t r) {
        for (int64_t i = 0; i < H; i++) x[r * H + i] = number_at(d.embeddings, d.embedding_kind, s.ids[r] * H + i);
    });
    timer.finish(EMBEDDING);
    for (int64_t l = 0; l < d.num_layers; l++) {
        const KernelLayer& layer = d.layers[l];
        for_each_row(team, s.rows, [&](int64_t r) { rms_norm(x + r * H, layer.input_norm, H, d.eps, normed + r * H); });
        timer.finish(NORMS);
        linear(team, layer.qkv, normed, H, s.rows, qkv, stride, false, updates.of(4 * l));
        timer.finish(LINEARS);
        for_each_row(team, s.rows, [&](int64_t r) {
            float* row = qkv + r * stride;
            const float* cosines = d.cosines + s.positions[r] * (D / 2);
            const float* sines = d.sines + s.positions[r] * (D / 2);
            for (int64_t h = 0; h < d.heads + d.kv_heads; h++) {
                const float* norm = h < d.heads ? layer.q_norm : layer.k_norm;
                if (norm) rms_norm(row + h * D, norm, D, d.eps, row + h * D);
                rotate(row + h * D, cosines, sines, D / 2);
            }
            if (d.cache_kind == F32) write_to_cache<float>(d, layer, s.slots[r], row + Q, row + Q + KV);
            else if (d.cache_kind == BF16) write_to_cache<bf16>(d, layer, s.slots[r], row + Q, row + Q + KV);
            else if (d.cache_kind == INT8) write_to_cache<int8_t>(d, layer, s.slots[r], row + Q, row + Q + KV);
            else write_to_cache<f16>(d, layer, s.slots[r], row + Q, row + Q + KV);
        });
        timer.finish(POSITIONS);
        if (d.cache_kind == F32) attention<float>(team, d, layer, s, qkv, stride, attended);
        else if (d.cache_kind == BF16) attention<bf16>(team, d, layer, s, qkv, stride, attended);
        else if (d.cache_kind == INT8) attention<int8_t>(team, d, layer, s, qkv, stride, attended);
        else attention<f16>(team, d, layer, s, qkv, stride, attended);
        timer.finish(ATTENTION);
        linear(team, layer.o, attended, Q, s.rows, x, H, true, updates.of(4 * l + 1));
        timer.finish(LINEARS);
        for_each_row(team, s.rows, [&](int64_t r) { rms_norm(x + r * H, layer.post_norm, H, d.eps, normed + r * H); });
        timer.finish(NORMS);
        linear(team, layer.up, normed, H, s.rows, inner, d.inner, false, updates.of(4 * l + 2));
        linear(team, layer.down, inner, d.inner, s.rows, x, H, true, updates.of(4 * l + 3));
        timer.finish(LINEARS);
    }
    for_each_row(team, s.rows, [&](int64_t r) { rms_norm(x + r * H, d.norm, H, d.eps, out + r * H); });
    timer.finish(NORMS);
}

// Encode texts: write the last hidden states into out [tokens][hidden]. All linears have the same kind: F32 or SPLIT.
void trivium_encode(void* team, const KernelEncoder* encoder, const KernelTexts* texts, float* out) {
    if (encoder->layers->qkv.kind == SPLIT) Encoding<SplitRows>(*(Team*)team, *encoder, *texts, out).run();
    else Encoding<FloatRows>(*(Team*)team, *encoder, *texts, out).run();
}

}  // extern "C"
