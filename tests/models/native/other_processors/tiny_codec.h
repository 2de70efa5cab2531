// A tiny encoder-decoder, for driver.cpp.

#pragma once

class TinyCodec {
  public:
    static constexpr int64_t HIDDEN = 64, HEADS = 2, D = 32, INNER = 96, VOCABULARY = 50, REACH = 5;
    static constexpr int64_t POSITIONS = 64, BLOCKS = POSITIONS / PANEL;  // of one sequence, or of one source
    static constexpr int64_t SEQUENCES = 2;
    static constexpr int64_t LENGTHS[SEQUENCES] = {9, 21};  // of the sources

    TinyCodec(int32_t kind, int32_t cache_kind) : encoder(add_stack(kind, false)), decoder(add_stack(kind, true)) {
        model.encoder = encoder.stack, model.decoder = decoder.stack;
        model.hidden = HIDDEN, model.heads = HEADS, model.head_dim = D, model.inner = INNER;
        model.embedding_scale = 2, model.score_scale = 1 / std::sqrt(float(D));
        model.normalized_first = kind == F32, model.cache_kind = cache_kind;
    }

    // The encoder's last hidden states of some sources.
    std::vector<float> encode(const std::vector<int64_t>& numbers) {
        std::vector<int64_t> ids, offsets{0}, blocks;
        for (int64_t source : numbers) {
            for (int64_t t = 0; t < LENGTHS[source]; t++) ids.push_back((5 * t + source) % VOCABULARY);
            offsets.push_back(int64_t(ids.size()));
            add_source_blocks(source, blocks);
        }
        const KernelSources sources{ids.data(), nullptr, offsets.data(), blocks.data(), int64_t(numbers.size()), PANEL, nullptr};
        std::vector<float> out(ids.size() * HIDDEN);
        trivium_encode_sources(&team, &model, &sources, out.data());
        return out;
    }

    // The hidden states of the tokens [begin, end) of each sequence, whose source has the same number.
    std::vector<float> step(const std::vector<std::array<int64_t, 3>>& chunks) {
        std::vector<int64_t> ids, offsets{0}, contexts, blocks, lengths, source_blocks;
        for (auto [sequence, begin, end] : chunks) {
            for (int64_t t = begin; t < end; t++) ids.push_back((7 * t + 3 * sequence) % VOCABULARY);
            offsets.push_back(int64_t(ids.size())), contexts.push_back(end), lengths.push_back(LENGTHS[sequence]);
            for (int64_t b = 0; b * PANEL < end; b++) blocks.push_back(sequence * BLOCKS + b);
            add_source_blocks(sequence, source_blocks);
        }
        KernelStep step{};
        step.ids = ids.data(), step.offsets = offsets.data(), step.contexts = contexts.data(), step.blocks = blocks.data();
        step.rows = int64_t(ids.size()), step.chunks = int64_t(chunks.size()), step.block_size = PANEL;
        step.source_lengths = lengths.data(), step.source_blocks = source_blocks.data();
        std::vector<float> out(step.rows * HIDDEN);
        trivium_decode_step(&team, &model, &step, out.data());
        return out;
    }

  private:
    struct Stack {
        std::unique_ptr<std::vector<KernelCodecLayer>> layers;
        KernelStack stack{};
    };

    Stack add_stack(int32_t kind, bool crosses) {
        Stack made{std::make_unique<std::vector<KernelCodecLayer>>()};
        for (int64_t l = 0; l < 2; l++) {
            KernelCodecLayer layer{};
            layer.qkv = add(kind, 3 * HEADS * D, HIDDEN), layer.o = add(kind, HIDDEN, HEADS * D);
            layer.up = add(kind, INNER, HIDDEN), layer.down = add(kind, HIDDEN, INNER);
            layer.up.activation = RELU;
            layer.attention_norm = norm(), layer.mlp_norm = norm();
            layer.bias = keep(biases()), layer.reach = REACH;
            if (crosses) {
                layer.cross_q = add(kind, HEADS * D, HIDDEN), layer.cross_kv = add(kind, 2 * HEADS * D, HIDDEN);
                layer.cross_o = add(kind, HIDDEN, HEADS * D), layer.cross_norm = norm();
                layer.keys = keep(std::vector<float>(2 * SEQUENCES * POSITIONS * HEADS * D));
                layer.values = keep(std::vector<float>(2 * SEQUENCES * POSITIONS * HEADS * D));
            }
            made.layers->push_back(layer);
        }
        made.stack.layers = made.layers->data(), made.stack.num_layers = int64_t(made.layers->size());
        made.stack.embeddings = add(kind, VOCABULARY, HIDDEN);
        made.stack.positions = keep(random.some(POSITIONS * HIDDEN));
        made.stack.norm = norm();
        return made;
    }
    std::vector<float> biases() {
        std::vector<float> table;
        for (int64_t head = 0; head < HEADS; head++) {
            const std::vector<float> near = random.some(2 * REACH + 1);
            table.insert(table.end(), LANES, near.front());
            table.insert(table.end(), near.begin(), near.end());
            table.insert(table.end(), LANES, near.back());
        }
        return table;
    }
    static void add_source_blocks(int64_t source, std::vector<int64_t>& blocks) {
        for (int64_t b = 0; b * PANEL < LENGTHS[source]; b++) blocks.push_back((SEQUENCES + source) * BLOCKS + b);
    }
    KernelLinear add(int32_t kind, int64_t n, int64_t k) {
        matrices.push_back(std::make_unique<Matrix>(random, kind, n, k));
        return matrices.back()->linear;
    }
    KernelNorm norm() { return {keep(random.some(HIDDEN)), keep(random.some(HIDDEN)), HIDDEN, 1e-5f, true}; }
    float* keep(std::vector<float> numbers) {
        vectors.push_back(std::make_unique<std::vector<float>>(std::move(numbers)));
        return vectors.back()->data();
    }

    Numbers random;
    std::vector<std::unique_ptr<Matrix>> matrices;
    std::vector<std::unique_ptr<std::vector<float>>> vectors;
    Stack encoder, decoder;
    KernelEncoderDecoder model{};
    Team team{3};
};
