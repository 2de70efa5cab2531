// The structures that Python fills in. structures.py declares the same fields: change both files together.

#pragma once

#include <cstdint>

extern "C" {

struct KernelLinear {
    const void* panels;   // [padded n / PANEL][k][PANEL]; int8: [.. / PANEL][padded k / 2][PANEL][2]; split: see amx.h
    const float* scales;  // int8: one for each column, padded
    const float* bias;    // padded, or null
    int64_t n, k;
    int32_t kind;
    int32_t gated;  // panels alternate between gate and up; the output is silu(gate) * up, n / 2 columns
};

struct KernelLayer {
    KernelLinear qkv, o, up, down;
    const float *input_norm, *post_norm, *q_norm, *k_norm;  // the last two may be null
    void *keys, *values;  // [blocks][kv_heads] blocks: see kv_blocks.h
    float scale;
    int32_t window;  // 0: none
};

struct KernelDecoder {
    const KernelLayer* layers;
    int64_t num_layers, hidden, heads, kv_heads, head_dim, inner;
    const void* embeddings;
    const float* norm;
    const float *cosines, *sines;  // [positions][head_dim / 2]
    float eps;
    int32_t embedding_kind, cache_kind;
};

// The columns of one panel of a linear layer, in an adapter. A rank of 0: the adapter does not change them.
struct KernelLoraPanel {
    int64_t begin;  // the panel [rank][PANEL] begins at this number of B
    int64_t first;  // the first of the `rank` rows of A that belong to it
    int64_t rank;
};

// The part of an adapter that changes one linear layer: y += B (scale * A x).
struct KernelLora {
    const void* a;                  // [rank][padded k]: the matrices A of all parts of a fused layer
    const float* scales;            // [rank]
    const void* b;                  // panels
    const KernelLoraPanel* panels;  // one for each panel of the linear layer
    int64_t rank;                   // of all parts together, padded; 0: the adapter does not change the layer
};

struct KernelAdapter {
    const KernelLora* linears;  // [layers][qkv, o, up, down]
    int32_t kind;               // F32 or BF16
};

struct KernelStep {
    const int64_t *ids, *positions, *slots;  // one for each row
    const int64_t *offsets;                  // [chunks + 1]: chunk c is rows offsets[c] to offsets[c + 1]
    const int64_t *contexts;                 // [chunks]: the number of tokens that the chunk's last row sees
    const int32_t* tables;                   // [chunks][width]: block numbers
    int64_t rows, chunks, width;
    const KernelAdapter* const* adapters;  // [adapted]: the adapter of each row that has one; equal ones side by side
    const int64_t* adapted_rows;           // [adapted]: these rows
    const int32_t* places;                 // [rows]: the place of each row among these rows, or -1
    int64_t adapted, largest_rank;
    int64_t* times;  // [PARTS]: nanoseconds of each part, added to what is there; null: do not measure
};

// A layer of an encoder as BERT's: a normalization follows each of its two parts.
struct KernelEncoderLayer {
    KernelLinear qkv, o, up, down;
    const float *attention_weight, *attention_bias, *output_weight, *output_bias;  // of the normalizations
};

struct KernelEncoder {
    const KernelEncoderLayer* layers;
    int64_t num_layers, hidden, heads, inner;
    const float *words, *positions, *types;  // embeddings; types may be null
    const float *norm_weight, *norm_bias;    // the normalization of the embeddings
    float eps;
};

// Texts that are encoded together, one behind another.
struct KernelTexts {
    const int64_t *ids, *positions, *types;  // one for each token; types may be null
    const int64_t* offsets;                  // [count + 1]: text t is tokens offsets[t] to offsets[t + 1]
    int64_t count;
};

}  // extern "C"
