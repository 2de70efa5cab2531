// Computes linears, and steps of a tiny decoder and a tiny encoder-decoder, and prints the numbers. A test compares those of two processors.
//
// All inputs come from one generator, so that every processor has the same. What must be equal to the bit on one
// processor is compared here: rows alone and beside others, on one thread and on several, prompts in chunks and whole.

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "encoder_decoder.cpp"
#include "kernels.cpp"
#include "spans.cpp"

namespace {

void check(bool is_right, const char* what) {
    if (is_right) return;
    fprintf(stderr, "%s\n", what);
    exit(1);
}

class Numbers {
  public:
    // `count` numbers between -scale and scale.
    std::vector<float> some(int64_t count, float scale = 1) {
        std::vector<float> numbers(count);
        for (float& number : numbers) number = scale * next();
        return numbers;
    }

  private:
    float next() {
        state = state * 1664525 + 1013904223;
        return float(int32_t(state)) / 2147483648.0f;
    }
    uint32_t state = 1;
};

// One of ggml's formats: its kind, ggml's number, the weights and bytes of a block, and where the float16 numbers are.
struct GgmlFormat {
    int32_t kind, number;
    int64_t weights, bytes;
    std::vector<int> halves;
};

void print(const char* name, int32_t kind, const std::vector<float>& numbers) {
    printf("%s %d", name, kind);
    for (float number : numbers) printf(" %.9g", number);
    printf("\n");
}

// A packed matrix, and the memory that it lies in.
class Matrix {
  public:
    // Random weights.
    Matrix(Numbers& random, int32_t kind, int64_t n, int64_t k, bool gated = false) : Matrix(kind, n, k) {
        linear.gated = gated, linear.activation = gated ? SILU : IDENTITY;
        const std::vector<float> weights = random.some(n * k, 0.5f);
        pack(one_thread(), weights.data(), F32, memory.data(), kind, n, k, linear.stripe);
    }
    // Random blocks of one of ggml's formats, with float16 numbers of about 0.01 at `halves`.
    Matrix(Numbers& random, const GgmlFormat& format, int64_t n, int64_t k) : Matrix(format.kind, n, k) {
        linear.stripe = format.weights;
        memory.resize(quantized_bytes(format.kind, n, k, format.weights) / sizeof(float) + 64), linear.panels = memory.data();
        std::vector<uint8_t> blocks(n * k / format.weights * format.bytes);
        const std::vector<float> numbers = random.some(int64_t(blocks.size()), 128), scales = random.some(int64_t(blocks.size()));
        for (size_t i = 0; i < blocks.size(); i++) blocks[i] = uint8_t(int(numbers[i]));
        for (size_t i = 0; i < blocks.size(); i += format.bytes)
            for (int place : format.halves) {
                f16 scale;
                narrow(0.01f + 0.005f * scales[i + place], scale);
                memcpy(&blocks[i + place], &scale, sizeof scale);
            }
        pack_blocks(one_thread(), blocks.data(), format.number, memory.data(), n, k);
    }
    KernelLinear linear{};

  private:
    Matrix(int32_t kind, int64_t n, int64_t k) {
        linear.n = n, linear.k = k, linear.kind = kind;
        linear.stripe = kind == INT8 ? (k + 31) / 32 * 32 : kind == Q4_1 ? 32 : 0;
        const int64_t padded = (n + TWO_PANELS - 1) / TWO_PANELS * TWO_PANELS;
        const int64_t bytes = linear.stripe ? quantized_bytes(kind, n, k, linear.stripe) : padded * k * int64_t(sizeof(float));
        memory.resize(bytes / sizeof(float) + 64);
        linear.panels = memory.data();
    }
    static Team& one_thread() {
        static Team team(1);
        return team;
    }
    std::vector<float> memory;
};

void linears(int32_t kind, const Matrix& matrix, Numbers& random) {
    const int64_t rows = 13, n = matrix.linear.n, k = matrix.linear.k;
    const std::vector<float> x = random.some(rows * k);
    std::vector<float> together(rows * n), alone(n);
    Team one(1), several(3);
    trivium_linear(&several, &matrix.linear, x.data(), rows, together.data(), n);
    for (int64_t r = 0; r < rows; r++) {
        trivium_linear(&one, &matrix.linear, x.data() + r * k, 1, alone.data(), n);
        check(!memcmp(alone.data(), together.data() + r * n, sizeof(float) * n), "a row alone has other bits");
    }
    print("linear", kind, together);
}

class TinyDecoder {
  public:
    static constexpr int64_t LAYERS = 2, HIDDEN = 64, HEADS = 4, KV_HEADS = 2, D = 32, INNER = 96, VOCABULARY = 50;
    static constexpr int64_t POSITIONS = 64, BLOCKS = POSITIONS / PANEL;  // of one sequence
    static constexpr int64_t SEQUENCES = 2;

    TinyDecoder(int32_t kind, int32_t cache_kind) {
        Numbers random;
        for (int64_t l = 0; l < LAYERS; l++) {
            KernelLayer layer{};
            layer.qkv = add(random, kind, (HEADS + 2 * KV_HEADS) * D, HIDDEN);
            layer.o = add(random, kind, HIDDEN, HEADS * D);
            layer.up = add(random, kind, 2 * INNER, HIDDEN, true);
            layer.down = add(random, kind, HIDDEN, INNER);
            layer.attention_in = norm(random), layer.mlp_in = norm(random);
            layer.rotation = {keep(random.some(POSITIONS * D / 2)), keep(random.some(POSITIONS * D / 2)), D / 2, false};
            layer.keys = keep(std::vector<float>(SEQUENCES * POSITIONS * KV_HEADS * D));
            layer.values = keep(std::vector<float>(SEQUENCES * POSITIONS * KV_HEADS * D));
            layer.scale = 1 / std::sqrt(float(D));
            layers.push_back(layer);
        }
        decoder.layers = layers.data();
        decoder.num_layers = LAYERS, decoder.hidden = HIDDEN, decoder.heads = HEADS, decoder.kv_heads = KV_HEADS;
        decoder.head_dim = D, decoder.inner = INNER;
        decoder.embeddings = add(random, kind, VOCABULARY, HIDDEN);
        decoder.norm = norm(random);
        decoder.embedding_scale = 1, decoder.residual_scale = 1;
        decoder.cache_kind = cache_kind;
    }

    // The hidden states of the tokens [begin, end) of each sequence.
    std::vector<float> step(const std::vector<std::array<int64_t, 3>>& chunks) {
        std::vector<int64_t> ids, offsets{0}, contexts, blocks;
        std::vector<int32_t> places;
        for (auto [sequence, begin, end] : chunks) {
            for (int64_t t = begin; t < end; t++) ids.push_back((7 * t + 3 * sequence) % VOCABULARY), places.push_back(-1);
            offsets.push_back(int64_t(ids.size())), contexts.push_back(end);
            for (int64_t b = 0; b * PANEL < end; b++) blocks.push_back(sequence * BLOCKS + b);
        }
        KernelStep step{};
        step.ids = ids.data(), step.offsets = offsets.data(), step.contexts = contexts.data(), step.blocks = blocks.data();
        step.rows = int64_t(ids.size()), step.chunks = int64_t(chunks.size()), step.block_size = PANEL;
        step.places = places.data();
        std::vector<float> out(step.rows * HIDDEN);
        trivium_step(&team, &decoder, &step, out.data());
        return out;
    }

  private:
    KernelLinear add(Numbers& random, int32_t kind, int64_t n, int64_t k, bool gated = false) {
        matrices.push_back(std::make_unique<Matrix>(random, kind, n, k, gated));
        return matrices.back()->linear;
    }
    KernelNorm norm(Numbers& random) { return {keep(random.some(HIDDEN)), nullptr, HIDDEN, 1e-5f, false}; }
    float* keep(std::vector<float> numbers) {
        vectors.push_back(std::make_unique<std::vector<float>>(std::move(numbers)));
        return vectors.back()->data();
    }

    std::vector<std::unique_ptr<Matrix>> matrices;
    std::vector<std::unique_ptr<std::vector<float>>> vectors;
    std::vector<KernelLayer> layers;
    KernelDecoder decoder{};
    Team team{3};
};

void steps(int32_t kind, int32_t cache_kind) {
    const int64_t width = TinyDecoder::HIDDEN;
    TinyDecoder model(kind, cache_kind), other(kind, cache_kind);
    const std::vector<float> together = model.step({{0, 0, 21}, {1, 0, 9}});
    std::vector<float> alone = other.step({{0, 0, 13}});
    for (int64_t t = 13; t < 21; t++) {
        const std::vector<float> row = other.step({{0, t, t + 1}});
        alone.insert(alone.end(), row.begin(), row.end());
    }
    check(!memcmp(alone.data(), together.data(), sizeof(float) * 21 * width), "a prompt in chunks has other bits");
    const std::vector<float> second = other.step({{1, 0, 9}});
    check(!memcmp(second.data(), together.data() + 21 * width, sizeof(float) * 9 * width), "a prompt alone has other bits");
    print("step", kind, together);
}

#include "tiny_codec.h"

void codec(int32_t kind, int32_t cache_kind) {
    const int64_t width = TinyCodec::HIDDEN;
    TinyCodec model(kind, cache_kind), other(kind, cache_kind);
    const std::vector<float> sources = model.encode({0, 1}), source = other.encode({1});
    check(!memcmp(source.data(), sources.data() + 9 * width, sizeof(float) * 21 * width), "a source alone has other bits");
    const std::vector<float> together = model.step({{0, 0, 5}, {1, 0, 20}});
    std::vector<float> alone = other.step({{1, 0, 13}});
    for (int64_t t = 13; t < 20; t++) {
        const std::vector<float> row = other.step({{1, t, t + 1}});
        alone.insert(alone.end(), row.begin(), row.end());
    }
    check(!memcmp(alone.data(), together.data() + 5 * width, sizeof(float) * 20 * width), "a sequence alone has other bits");
    print("sources", kind, sources);
    print("codec", kind, together);
}

}  // namespace

int main() {
    if (const char* wrong = trivium_self_test()) {
        fprintf(stderr, "the self-test finds that %s is wrong\n", wrong);
        return 1;
    }
    Numbers random;
    for (int32_t kind : {F32, BF16, F16, INT8}) linears(kind, Matrix(random, kind, 72, 100), random);
    const GgmlFormat formats[] = {
        {Q4_0, 2, 32, 18, {0}},      {Q4_1, 3, 32, 20, {0, 2}},   {Q5_0, 6, 32, 22, {0}},      {Q5_1, 7, 32, 24, {0, 2}},
        {Q8_0, 8, 32, 34, {0}},      {Q4_K, 12, 256, 144, {0, 2}}, {Q5_K, 13, 256, 176, {0, 2}}, {Q6_K, 14, 256, 210, {208}},
    };
    for (const GgmlFormat& format : formats) linears(format.kind, Matrix(random, format, 72, 512), random);
    steps(F32, F32), steps(BF16, BF16), steps(F16, F16), steps(INT8, F32), steps(Q4_1, F32);
    codec(F32, F32), codec(F16, F16), codec(INT8, F32);
}
