// Decoders over a paged KV cache, whose layers model.h describes, and encoders as BERT. One call computes one step of a decoder, or
// the hidden states of a batch of texts. encoder_decoder.cpp has encoder-decoders.
//
//     vector.h      vectors of float32
//     integers.h    vectors of integers
//     halves.h      numbers of two bytes
//     self_test.h   a test of the processor's own instructions
//     panel.h       how matrices of floating-point numbers are stored
//     tile_registers.h  the tile registers of AMX
//     amx.h         products of float32 on them
//     codes.h       small integers that stand for weights, and their products
//     scales.h      what makes weights of them
//     formats.h     the formats of quantized matrices
//     blocks.h      the blocks of ggml's formats
//     pack.h        packing of weights
//     tile.h        the microkernels: a few rows times a panel
//     quantized_rows.h  rows of activations as integers
//     two_byte_rows.h  the same, in two bytes
//     quantized.h   products of these rows with quantized matrices
//     byte_tiles.h  the same products on the tile registers of AMX
//     team.h        threads that share pieces of work
//     model.h       the structures that Python fills in
//     part_timer.h  times of the parts of a step
//     block_tables.h  which blocks hold the tokens of sequences
//     step.h        where the rows of a step are
//     lora.h        adapters
//     linear.h      linear layers
//     linear_layer.h  linear layers for the other files
//     norm_rope.h   normalizations and rotary positions
//     activation.h  activations
//     kv_blocks.h   blocks of the KV cache
//     softmax.h     softmax in parts
//     experts.h     mixtures of experts
//     likeliest.h   the likeliest columns of logits
//     relative_bias.h  biases of scores
//     spans.h       attention of a few rows over the spans of a sequence
//     attention.h   attention over the KV cache
//     split_rows.h  rows of float32 on tiles of bfloat16
//     product.h     products of rows on one thread
//     text_attention.h  attention among the tokens of a text
//     encoder.h     encoders
//
// A row's bits depend on nothing but the row: every sum runs in the same order, whatever other rows are in the step and
// however the threads share the work.
//
// This file, spans.cpp and encoder_decoder.cpp are compiled beside each other; within each, everything can be inlined. Arithmetic is float32.
// Within a chunk of a quantized matrix it is int32.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "amx.h"
#include "attention.h"
#include "encoder.h"
#include "experts.h"
#include "likeliest.h"
#include "linear.h"
#include "linear_layer.h"
#include "lora.h"
#include "model.h"
#include "norm_rope.h"
#include "pack.h"
#include "panel.h"
#include "part_timer.h"
#include "self_test.h"
#include "step.h"
#include "team.h"
#include "vector.h"

namespace {

template <class Rows> constexpr int rounded_together(int chunk) {
    if constexpr (std::is_same_v<Rows, PairRows> || std::is_same_v<Rows, TwoByteRows>) return 0;
    else if constexpr (std::is_same_v<Rows, ByteRows>) return chunk;
    else if constexpr (std::is_same_v<Rows, BlockRows>) return BlockRows::BLOCK;
    else return Rows::GROUP;
}

}  // namespace

void linear_layer(Team& team, const KernelLinear& w, const float* x, int64_t rows, float* y, bool adds) {
    linear(team, w, x, w.k, rows, y, outputs(w), adds);
}
void read_embedding(const KernelLinear& w, int64_t token, float* to) { read_column(w, token, to); }

extern "C" {

int trivium_lanes() { return LANES; }
// How many activations share a scale where weights of this kind, of eight bits, multiply bytes; 0: two bytes of each, or int16,
// are multiplied.
int trivium_rounded_together(int32_t kind) {
    int together = 0;
    with_format(kind, [&]<class F>(F) { together = rounded_together<RowsOf<F>>(F::CHUNK); });
    return together;
}
// The weights of a column that INT8 has in a chunk. A stripe is a multiple of it.
int trivium_int8_chunk() { return FormatInt8::CHUNK; }
const char* trivium_self_test() { return SelfTest::run(); }
int trivium_has_amx() { return has_amx(); }
void* trivium_create_team(int threads) { return new Team(threads); }
void trivium_delete_team(void* team) { delete (Team*)team; }

// Write zeros. Each thread writes what lies where its pieces of a product will lie, so that the system puts these pages into
// the memory next to the thread's processor.
void trivium_clear(void* team, uint8_t* to, int64_t bytes) {
    constexpr int64_t PART = 1 << 16;
    ((Team*)team)->share((bytes + PART - 1) / PART, [&](int64_t i) {
        memset(to + i * PART, 0, std::min(PART, bytes - i * PART));
    });
}

// See pack.h.
void trivium_pack(
    void* team, const void* from, int32_t from_kind, void* to, int32_t to_kind, int64_t n, int64_t k, int64_t stripe
) {
    pack(*(Team*)team, from, from_kind, to, to_kind, n, k, stripe);
}
void trivium_pack_blocks(void* team, const uint8_t* from, int32_t format, void* to, int64_t n, int64_t k) {
    pack_blocks(*(Team*)team, from, format, to, n, k);
}
void trivium_pack_groups(
    void* team, const uint8_t* codes, const float* scales, const uint8_t* zeros, int64_t group, int32_t kind, void* to,
    int64_t n, int64_t k, int64_t stripe
) {
    pack_groups(*(Team*)team, codes, scales, zeros, group, kind, to, n, k, stripe);
}
int64_t trivium_quantized_bytes(int32_t kind, int64_t n, int64_t k, int64_t stripe) {
    return quantized_bytes(kind, n, k, stripe);
}

// y [rows][columns] = x [rows][k] W^T + bias.
void trivium_linear(void* team, const KernelLinear* w, const float* x, int64_t rows, float* y, int64_t columns) {
    linear(*(Team*)team, *w, x, w->k, rows, y, columns, false);
}

// Compute one step: write the last hidden states into out [rows][hidden], and the keys and values into the KV cache.
void trivium_step(void* team_pointer, const KernelDecoder* decoder, const KernelStep* step, float* out) {
    Team& team = *(Team*)team_pointer;
    const KernelDecoder& d = *decoder;
    const Step s(*step);
    const int64_t H = d.hidden, D = d.head_dim, Q = d.heads * D, KV = d.kv_heads * D, stride = Q + 2 * KV;
    static thread_local std::vector<float> memory;
    memory.resize(s.rows * (3 * H + stride + Q + d.inner) + s.adapted * s.largest_rank);
    float* x = memory.data();
    float* normed = x + s.rows * H;
    float* qkv = normed + s.rows * H;
    float* attended = qkv + s.rows * stride;
    float* inner = attended + s.rows * Q;
    float* mixed = inner + s.rows * d.inner;
    LowRankUpdates updates(s, mixed + s.rows * H);
    PartTimer timer(s.times);
    // The normalized rows of x, or x itself if there is no normalization.
    const auto normalized = [&](const KernelNorm& norm) -> const float* {
        if (!norm.weight) return x;
        for_each_row(team, s.rows, [&](int64_t r) { normalize(norm, x + r * H, H, normed + r * H); });
        timer.finish(NORMS);
        return normed;
    };
    // Add the rows of `part` to x, after their normalization if there is one.
    const auto add_rows = [&](float* part, const KernelNorm& norm) {
        for_each_row(team, s.rows, [&](int64_t r) {
            float* row = part + r * H;
            if (norm.weight) normalize(norm, row, H, row);
            for (int64_t i = 0; i < H; i++) x[r * H + i] += d.residual_scale * row[i];
        });
        timer.finish(NORMS);
    };
    // Add what a part of a layer gives to x: its last linear layer, and what follows.
    const auto add_part = [&](const KernelLinear& w, const float* from, const KernelNorm& norm, LowRankUpdates* changes) {
        if (!norm.weight && d.residual_scale == 1) {
            linear(team, w, from, w.k, s.rows, x, H, true, changes);
            return timer.finish(LINEARS);
        }
        linear(team, w, from, w.k, s.rows, normed, H, false, changes);
        timer.finish(LINEARS);
        add_rows(normed, norm);
    };
    for_each_row(team, s.rows, [&](int64_t r) {
        read_column(d.embeddings, s.ids[r], x + r * H);
        for (int64_t i = 0; i < H; i++) x[r * H + i] *= d.embedding_scale;
        if (d.learned_positions)
            for (int64_t i = 0; i < H; i++)
                x[r * H + i] += d.learned_positions[s.positions[r] * H + i];
    });
    timer.finish(EMBEDDING);
    for (int64_t l = 0; l < d.num_layers; l++) {
        const KernelLayer& layer = d.layers[l];
        const StoredHeads stored{layer.keys, layer.values, d.kv_heads, D, d.cache_kind};
        const AttentionShape shape{stored, d.heads, layer.scale, layer.soft_cap, layer.window, {}};
        const float* input = normalized(layer.attention_in);
        linear(team, layer.qkv, input, H, s.rows, qkv, stride, false, updates.of(4 * l));
        timer.finish(LINEARS);
        for_each_row(team, s.rows, [&](int64_t r) {
            float* row = qkv + r * stride;
            const auto normalize_heads = [&] {
                if (layer.q_norm.weight) normalize(layer.q_norm, row, Q, row);
                if (layer.k_norm.weight) normalize(layer.k_norm, row + Q, KV, row + Q);
            };
            if (!layer.late_norm) normalize_heads();
            if (d.clip)
                for (int64_t i = 0; i < stride; i++) row[i] = row[i] > d.clip ? d.clip : row[i] < -d.clip ? -d.clip : row[i];
            if (layer.rotation.pairs) rotate_heads(layer.rotation, s.positions[r], d.heads + d.kv_heads, D, row);
            if (layer.late_norm) normalize_heads();
            write_to_cache(shape.stored, s.slots[r], row + Q, row + Q + KV);
        });
        timer.finish(POSITIONS);
        attention(team, shape, s.attending, qkv, stride, attended);
        timer.finish(ATTENTION);
        if (layer.parallel && layer.mlp_in.weight) input = normalized(layer.mlp_in);
        add_part(layer.o, attended, layer.attention_out, updates.of(4 * l + 1));
        if (!layer.parallel) input = normalized(layer.mlp_in);
        if (layer.up.n) linear(team, layer.up, input, H, s.rows, inner, layer.down.k, false, updates.of(4 * l + 2));
        if (!layer.experts) {
            add_part(layer.down, inner, layer.mlp_out, updates.of(4 * l + 3));
            continue;
        }
        std::fill(mixed, mixed + s.rows * H, 0.0f);
        if (layer.up.n) {
            linear(team, layer.down, inner, layer.down.k, s.rows, mixed, H, false, updates.of(4 * l + 3));
            if (layer.experts->gate.n) apply_gate(team, layer.experts->gate, input, s.rows, H, mixed);
        }
        add_experts(team, *layer.experts, input, s.rows, H, mixed);
        timer.finish(LINEARS);
        add_rows(mixed, layer.mlp_out);
    }
    for_each_row(team, s.rows, [&](int64_t r) {
        if (d.norm.weight) normalize(d.norm, x + r * H, H, out + r * H);
        else memcpy(out + r * H, x + r * H, sizeof(float) * H);
    });
    timer.finish(NORMS);
}

// Whether all numbers are finite. The exponent of others has all bits set.
int trivium_all_finite(const float* numbers, int64_t count) {
    constexpr uint32_t EXPONENT = 0x7f800000;
    uint32_t found = 0;
    for (int64_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, numbers + i, sizeof bits);
        found |= (bits & EXPONENT) == EXPONENT;
    }
    return !found;
}

// See likeliest.h.
void trivium_likeliest(
    void* team, const float* logits, int64_t rows, int64_t columns, int64_t k, int64_t* ids, float* values
) {
    find_likeliest(*(Team*)team, logits, rows, columns, k, ids, values);
}

// Limit logits [rows][n]: cap * tanh(logit / cap).
void trivium_soft_cap(void* team, float* logits, int64_t rows, int64_t n, float cap) {
    for_each_row(*(Team*)team, rows, [&](int64_t r) {
        float* row = logits + r * n;
        int64_t i = 0;
        for (; i + LANES <= n; i += LANES) store(row + i, soft_capped(load(row + i), cap));
        Floats rest = {};
        memcpy(&rest, row + i, sizeof(float) * (n - i));
        rest = soft_capped(rest, cap);
        memcpy(row + i, &rest, sizeof(float) * (n - i));
    });
}

// Copy blocks of the KV cache. blocks[i] is the address of block number 0 in a tensor whose blocks have bytes[i] bytes; there
// are `tensors` of these. `pairs` [count][2] are numbers: from where, and to where. No block is written twice, and none is both
// read and written.
void trivium_copy_blocks(
    void* team, char* const* blocks, const int64_t* bytes, int64_t tensors, const int64_t* pairs, int64_t count
) {
    ((Team*)team)->share(tensors, [&](int64_t i) {
        for (int64_t p = 0; p < count; p++)
            memcpy(blocks[i] + pairs[2 * p + 1] * bytes[i], blocks[i] + pairs[2 * p] * bytes[i], bytes[i]);
    });
}

// Encode texts: write the last hidden states into out [tokens][hidden]. All linears have the same kind: F32 or SPLIT.
void trivium_encode(void* team, const KernelEncoder* encoder, const KernelTexts* texts, float* out) {
    if (encoder->layers->qkv.kind == SPLIT) Encoding<SplitRows>(*(Team*)team, *encoder, *texts, out).run();
    else Encoding<FloatRows>(*(Team*)team, *encoder, *texts, out).run();
}

}  // extern "C"
