// Encoder-decoders. One call encodes sources: it writes the keys and values that each layer of the decoder attends to into
// blocks of the KV cache. Another call computes one step of the decoder.
//
// It is compiled beside kernels.cpp, which explains the rest. A row's bits depend on nothing but the row and its source.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "attention.h"
#include "convolution.h"
#include "kv_blocks.h"
#include "linear_layer.h"
#include "model.h"
#include "norm_rope.h"
#include "part_timer.h"
#include "step.h"
#include "team.h"
#include "text_attention.h"

namespace {

constexpr int64_t TOGETHER = 512;  // positions of sources that go through the encoder together, if there are so many

// Embeddings of tokens, with their positions.
void embed(
    Team& team, const KernelEncoderDecoder& m, const KernelStack& stack, const int64_t* ids, const int64_t* positions, int64_t rows, float* x
) {
    const int64_t H = m.hidden;
    for_each_row(team, rows, [&](int64_t r) {
        float* row = x + r * H;
        read_embedding(stack.embeddings, ids[r], row);
        for (int64_t i = 0; i < H; i++) row[i] *= m.embedding_scale;
        if (stack.positions)
            for (int64_t i = 0; i < H; i++) row[i] += stack.positions[positions[r] * H + i];
        if (stack.embedding_norm.weight) normalize(stack.embedding_norm, row, H, row);
    });
}

// Compute all layers of a stack for rows x [rows][hidden], in place. attend(layer, qkv, out) is the attention of the rows to each
// other, attend_source(layer, queries, out) that to their sources.
template <class Attend, class AttendSource>
void compute_layers(
    Team& team, const KernelEncoderDecoder& m, const KernelStack& stack, int64_t rows, float* x, PartTimer& timer,
    const Attend& attend, const AttendSource& attend_source
) {
    const int64_t H = m.hidden, W = m.heads * m.head_dim;
    static thread_local std::vector<float> memory;
    memory.resize(rows * (H + 4 * W + m.inner));
    float* normed = memory.data();
    float* projected = normed + rows * H;
    float* attended = projected + rows * 3 * W;
    float* inner = attended + rows * W;
    const auto normalize_rows = [&](const KernelNorm& norm, float* to) {
        for_each_row(team, rows, [&](int64_t r) { normalize(norm, x + r * H, H, to + r * H); });
        timer.finish(NORMS);
    };
    // A part of a layer. compute(input) returns the input of its last linear layer.
    const auto part = [&](const KernelNorm& norm, const KernelLinear& last, const auto& compute) {
        if (m.normalized_first) normalize_rows(norm, normed);
        const float* result = compute(m.normalized_first ? normed : x);
        linear_layer(team, last, result, rows, x, true);
        timer.finish(LINEARS);
        if (!m.normalized_first) normalize_rows(norm, x);
    };
    for (int64_t l = 0; l < stack.num_layers; l++) {
        const KernelCodecLayer& layer = stack.layers[l];
        part(layer.attention_norm, layer.o, [&](const float* input) {
            linear_layer(team, layer.qkv, input, rows, projected);
            timer.finish(LINEARS);
            attend(layer, projected, attended);
            return attended;
        });
        if (layer.cross_q.n)
            part(layer.cross_norm, layer.cross_o, [&](const float* input) {
                linear_layer(team, layer.cross_q, input, rows, projected);
                timer.finish(LINEARS);
                attend_source(layer, projected, attended);
                return attended;
            });
        part(layer.mlp_norm, layer.down, [&](const float* input) {
            linear_layer(team, layer.up, input, rows, inner);
            return inner;
        });
    }
    if (stack.norm.weight) normalize_rows(stack.norm, x);
}

StoredHeads stored_heads(const KernelEncoderDecoder& m, const KernelCodecLayer& layer) {
    return {layer.keys, layer.values, m.heads, m.head_dim, m.cache_kind};
}

// The chunks of a step as they attend to their sources. Neighbours with the same source, as the beams of one text, are one.
std::vector<Chunk> chunks_by_source(const Step& step, const BlockTables& sources) {
    std::vector<Chunk> found;
    for (int64_t c = 0; c < step.chunks; c++) {
        const Chunk next{step.offsets[c], step.offsets[c + 1], step.source_lengths[c], sources.of(c), false};
        const auto is_same = [&](const Chunk& last) {
            const int64_t blocks = (next.length + PANEL - 1) / PANEL;
            return last.length == next.length && std::equal(last.table, last.table + blocks, next.table);
        };
        if (!found.empty() && is_same(found.back())) found.back().end = next.end;
        else found.push_back(next);
    }
    return found;
}

}  // namespace

extern "C" {

// Encode sources: write the encoder's last hidden states into out [positions][hidden], and the keys and values that the
// decoder's layers attend to into the sources' blocks.
void trivium_encode_sources(void* team_pointer, const KernelEncoderDecoder* model, const KernelSources* sources, float* out) {
    Team& team = *(Team*)team_pointer;
    const KernelEncoderDecoder& m = *model;
    const KernelSources& s = *sources;
    const int64_t H = m.hidden, D = m.head_dim, W = m.heads * D;
    PartTimer timer(s.times);
    std::vector<int64_t> lengths(s.count), positions(s.offsets[s.count]), slots(s.offsets[s.count]);
    for (int64_t i = 0; i < s.count; i++) lengths[i] = s.offsets[i + 1] - s.offsets[i];
    const BlockTables tables(lengths.data(), s.blocks, s.count, s.block_size);
    for (int64_t i = 0; i < s.count; i++)
        for (int64_t p = 0; p < lengths[i]; p++)
            positions[s.offsets[i] + p] = p, slots[s.offsets[i] + p] = tables.slot(i, p);
    std::vector<float> projected;
    for (int64_t first = 0, last; first < s.count; first = last) {
        last = first + 1;
        while (last < s.count && s.offsets[last + 1] - s.offsets[first] <= TOGETHER) last++;
        const int64_t begin = s.offsets[first], rows = s.offsets[last] - begin;
        float* x = out + begin * H;
        if (s.features) read_features(team, m, s, first, last, x);
        else embed(team, m, m.encoder, s.ids + begin, positions.data() + begin, rows, x);
        timer.finish(EMBEDDING);
        const auto attend = [&](const KernelCodecLayer& layer, const float* qkv, float* to) {
            const RelativeBias bias{layer.bias, layer.reach};
            team.share((last - first) * m.heads, [&](int64_t i) {
                const int64_t source = first + i / m.heads, head = i % m.heads, row = s.offsets[source] - begin;
                const float* queries = qkv + row * 3 * W + head * D;
                const HeadBias of_head = bias.table ? bias.of(head) : HeadBias{};
                attend_in_text(
                    {queries, queries + W, queries + 2 * W, 3 * W, D, lengths[source], m.score_scale, of_head}, to + row * W + head * D, W
                );
            });
            timer.finish(ATTENTION);
        };
        compute_layers(team, m, m.encoder, rows, x, timer, attend, [](const KernelCodecLayer&, const float*, float*) {});
        projected.resize(rows * 2 * W);
        for (int64_t l = 0; l < m.decoder.num_layers; l++) {
            const KernelCodecLayer& layer = m.decoder.layers[l];
            linear_layer(team, layer.cross_kv, x, rows, projected.data());
            timer.finish(LINEARS);
            const StoredHeads stored = stored_heads(m, layer);
            for_each_row(team, rows, [&](int64_t r) {
                const float* key = projected.data() + r * 2 * W;
                write_to_cache(stored, slots[begin + r], key, key + W);
            });
            timer.finish(POSITIONS);
        }
    }
}

// Compute one step of the decoder: write the last hidden states into out [rows][hidden], and the keys and values into the
// KV cache.
void trivium_decode_step(void* team_pointer, const KernelEncoderDecoder* model, const KernelStep* step, float* out) {
    Team& team = *(Team*)team_pointer;
    const KernelEncoderDecoder& m = *model;
    const Step s(*step);
    const BlockTables tables(s.source_lengths, s.source_blocks, s.chunks, s.block_size);
    const std::vector<Chunk> by_source = chunks_by_source(s, tables);
    const int64_t W = m.heads * m.head_dim;
    PartTimer timer(s.times);
    embed(team, m, m.decoder, s.ids, s.positions.data(), s.rows, out);
    timer.finish(EMBEDDING);
    const auto attend = [&](const KernelCodecLayer& layer, const float* qkv, float* to) {
        const AttentionShape shape{stored_heads(m, layer), m.heads, m.score_scale, 0, 0, {layer.bias, layer.reach}};
        for_each_row(team, s.rows, [&](int64_t r) {
            const float* row = qkv + r * 3 * W;
            write_to_cache(shape.stored, s.slots[r], row + W, row + 2 * W);
        });
        timer.finish(POSITIONS);
        attention(team, shape, s.attending, qkv, 3 * W, to);
        timer.finish(ATTENTION);
    };
    const auto attend_source = [&](const KernelCodecLayer& layer, const float* queries, float* to) {
        const AttentionShape shape{stored_heads(m, layer), m.heads, m.score_scale, 0, 0, {}};
        attention(team, shape, by_source, queries, W, to);
        timer.finish(ATTENTION);
    };
    compute_layers(team, m, m.decoder, s.rows, out, timer, attend, attend_source);
}

}  // extern "C"
