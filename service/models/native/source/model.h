// The structures that Python fills in. structures.py declares the same fields: change both files together.

#pragma once

#include <cstdint>

extern "C" {

struct KernelLinear {
    const void* panels;        // [padded n / PANEL][k][PANEL]; quantized: see formats.h; in tiles: see amx.h
    const float* bias;         // padded, or null
    const KernelLinear* next;  // a matrix with the same input, whose columns follow; or null
    int64_t n, k;
    int64_t stripe;  // quantized: k is cut into stripes of this size
    int32_t kind;
    int32_t gated;       // panels alternate between gate and up; the output is act(gate) * up, n / 2 columns
    int32_t activation;  // one of Activation; not gated: the output is act(W x + bias)
};

// A normalization of each `size` numbers of a row. A row of several such groups has a weight for each of its numbers.
struct KernelNorm {
    const float *weight, *bias;  // weight null: there is no normalization; bias may be null
    int64_t size;
    float eps;
    int32_t centered;  // layer normalization: the mean is subtracted first
};

// Rotary positions: the tables [positions][pairs] of each pair's angles. 0 pairs: the layer has no rotary positions.
struct KernelRotation {
    const float *cosines, *sines;
    int64_t pairs;        // the first 2 * pairs dimensions of a head turn
    int32_t interleaved;  // pairs are neighbours; otherwise a pair is (i, i + pairs)
};

// A mixture of experts. Each expert is an MLP.
struct KernelExperts {
    KernelLinear router, gate;      // gate: the factor of the layer's `up` and `down`, which are a shared expert; n 0: none
    const KernelLinear *up, *down;  // [count]
    int64_t count, chosen;          // how many there are, and how many a row has
    int32_t normalized;             // the weights of a row's experts sum up to 1
};

struct KernelLayer {
    KernelLinear qkv, o, up, down;
    KernelNorm attention_in, attention_out, mlp_in, mlp_out;  // before and after each part; an "out" is a part's last step
    KernelNorm q_norm, k_norm;                                // of each head, or of all heads together
    KernelRotation rotation;
    const KernelExperts* experts;  // null: the MLP is `up` and `down`; otherwise these may be empty
    void *keys, *values;           // [blocks][kv_heads] blocks: see kv_blocks.h
    float scale;
    float soft_cap;     // scores become soft_cap * tanh(score / soft_cap); 0: none
    int32_t window;     // 0: none
    int32_t parallel;   // the MLP reads what the attention reads; mlp_in, if there is one, normalizes the layer's input
    int32_t late_norm;  // q_norm and k_norm follow the rotation
};

struct KernelDecoder {
    const KernelLayer* layers;
    int64_t num_layers, hidden, heads, kv_heads, head_dim, inner;
    KernelLinear embeddings;         // its columns are those of the tokens
    const float* learned_positions;  // [positions][hidden], added to the embeddings; may be null
    KernelNorm norm;
    float embedding_scale, residual_scale;
    float clip;  // queries, keys and values are limited to [-clip, clip]; 0: they are not
    int32_t cache_kind;
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

// One step. There is at least one chunk.
struct KernelStep {
    const int64_t* ids;       // [rows]: the tokens
    const int64_t* offsets;   // [chunks + 1]: chunk c is rows offsets[c] to offsets[c + 1]
    const int64_t* contexts;  // [chunks]: the number of tokens that the chunk's last row sees
    const int64_t* blocks;    // the blocks of the KV cache that hold these tokens, those of one chunk behind another's
    int64_t rows, chunks;
    int64_t block_size;       // tokens in a block of the KV cache
    const KernelAdapter* const* adapters;  // [adapted]: the adapter of each row that has one; equal ones side by side
    const int64_t* adapted_rows;           // [adapted]: these rows
    const int32_t* places;                 // [rows]: the place of each row among these rows, or -1
    int64_t adapted, largest_rank;
    const int64_t* source_lengths;  // [chunks]: the positions of each chunk's source; only encoder-decoders read them
    const int64_t* source_blocks;   // the blocks that hold its keys and values, those of one chunk behind another's
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

// A layer of an encoder-decoder. Without `cross_q` (n is 0) it is one of the encoder. Each part adds its result to the hidden
// states; its normalization stands before it or behind the sum.
struct KernelCodecLayer {
    KernelLinear qkv, o, up, down, cross_q, cross_kv, cross_o;
    KernelNorm attention_norm, cross_norm, mlp_norm;
    const float* bias;    // of the scores: see relative_bias.h; or null
    int64_t reach;        // distances beyond it share a bias
    void *keys, *values;  // as those of KernelLayer: of the sequences themselves and of sources
};

struct KernelStack {
    const KernelCodecLayer* layers;
    int64_t num_layers;
    KernelLinear embeddings;  // its columns are those of the tokens
    const float* positions;   // [positions][hidden], added to the embeddings; may be null
    KernelNorm embedding_norm, norm;
};

struct KernelEncoderDecoder {
    KernelStack encoder, decoder;
    KernelLinear first_convolution, second_convolution;  // of features: they read three frames; n 0: sources are tokens
    int64_t hidden, heads, head_dim, inner;              // inner: the inputs of `down`
    float embedding_scale, score_scale;
    int32_t normalized_first, cache_kind;
};

// Sources that are encoded together, one behind another.
struct KernelSources {
    const int64_t* ids;       // [positions]: the tokens; or null
    const float* features;    // [2 * positions][channels]; or null
    const int64_t* offsets;   // [count + 1]: source s is positions offsets[s] to offsets[s + 1]
    const int64_t* blocks;    // the blocks for the keys and values of each source, those of one source behind another's
    int64_t count, block_size;
    int64_t* times;  // as those of KernelStep
};

}  // extern "C"
