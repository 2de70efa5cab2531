// Attention over the paged KV cache.
//
// Spans of one long sequence (spans.h) can be computed by different threads (Flash-Decoding, 2023). A row's bits are the
// same however it is computed, because its spans, and the order of all sums, depend on its own context only.

#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "kv_blocks.h"
#include "relative_bias.h"
#include "softmax.h"
#include "spans.h"
#include "team.h"
#include "vector.h"

namespace {

constexpr int FEW_QUERIES = 24;  // rows of queries in a piece, at least; such pieces may be cut between spans, too

// Rows that attend to the same tokens. The last row sees all of them; of a causal chunk, each row before it sees one less
// than the next.
struct Chunk {
    int64_t begin, end;    // its rows
    int64_t length;        // the tokens
    const int32_t* table;  // the blocks that hold them
    bool causal;
};

// The attention of one layer.
struct AttentionShape {
    StoredHeads stored;
    int64_t heads;  // of queries
    float scale, soft_cap;
    int64_t window;
    RelativeBias bias;  // only where each head of queries has its own keys
};

// A piece of work: some rows of one chunk and KV head, and some spans.
struct Piece {
    int64_t chunk, row, end_row, head, span, end_span;
    int64_t parts;  // where the parts of its first span are stored; -1: the piece has all spans of its rows
};

// Attention of one layer for all rows of some chunks. The queries of a row begin at queries + row * stride; out is
// [rows][heads][D].
class LayerAttention {
  public:
    LayerAttention(
        Team& team, const AttentionShape& shape, const std::vector<Chunk>& chunks, const float* queries, int64_t stride, float* out
    ) : team(team), shape(shape), chunks(chunks), all_queries(queries), stride(stride), out(out),
        kv_heads(shape.stored.count), D(shape.stored.D), group(shape.heads / shape.stored.count) {}

    void run() {
        static thread_local std::vector<Piece> pieces, merged;
        static thread_local std::vector<float> memory;
        const int64_t stored = cut(pieces, merged);
        memory.resize(stored);
        stored_parts = memory.data();
        const Piece *list = pieces.data(), *cut_list = merged.data();
        team.share(pieces.size(), [&](int64_t i) { compute(list[i]); });
        team.share(merged.size(), [&](int64_t i) { merge(cut_list[i]); });
    }

  private:
    static int64_t limit_of(const Chunk& chunk, int64_t row) { return chunk.causal ? chunk.length - (chunk.end - 1 - row) : chunk.length; }
    int64_t count(const Piece& piece) const { return (piece.end_row - piece.row) * group; }

    // Cut the step into pieces. `merged` are pieces whose spans are computed one by one, and merged afterwards. Returns
    // the numbers that their parts have. What is cut depends on the threads, but no bit does.
    int64_t cut(std::vector<Piece>& pieces, std::vector<Piece>& merged) const {
        pieces.clear(), merged.clear();
        const int64_t wanted = 4 * team.size();  // pieces, so that all threads end at about the same time
        const int64_t rows = (chunks.back().end - chunks.front().begin) * shape.heads / wanted;
        const int64_t rows_each = std::max<int64_t>(1, std::clamp<int64_t>(rows, FEW_QUERIES, QUERIES) / group);
        int64_t spans = 0, stored = 0;
        for (int64_t c = 0; c < int64_t(chunks.size()); c++)
            for (int64_t row = chunks[c].begin; row < chunks[c].end; row += rows_each) {
                const int64_t last = std::min(row + rows_each, chunks[c].end);
                const int64_t begin = first_span(limit_of(chunks[c], row), shape.window);
                const int64_t end = end_span(limit_of(chunks[c], last - 1));
                for (int64_t head = 0; head < kv_heads; head++) merged.push_back({c, row, last, head, begin, end, -1});
                spans += kv_heads * (end - begin);
            }
        const int64_t most = team.size() == 1 ? spans : std::max<int64_t>(1, spans / wanted);  // of a piece
        size_t kept = 0;
        for (const Piece piece : merged) {
            if (piece.end_span - piece.span <= most || count(piece) > FEW_QUERIES) {
                pieces.push_back(piece);
                continue;
            }
            merged[kept] = piece;
            merged[kept++].parts = stored;
            for (int64_t span = piece.span; span < piece.end_span; span += most) {
                Piece part = piece;
                part.span = span, part.end_span = std::min(span + most, piece.end_span);
                part.parts = stored + (span - piece.span) * count(piece) * part_numbers(D);
                pieces.push_back(part);
            }
            stored += (piece.end_span - piece.span) * count(piece) * part_numbers(D);
        }
        merged.resize(kept);
        return stored;
    }

    void compute(const Piece& piece) const {
        static thread_local std::vector<float> queries, parts;
        static thread_local std::vector<int64_t> limits;
        const Chunk& chunk = chunks[piece.chunk];
        const int64_t rows = count(piece), numbers = part_numbers(D);
        queries.resize(rows * D), limits.resize(rows);
        for (int64_t row = piece.row; row < piece.end_row; row++)
            for (int64_t g = 0; g < group; g++) {
                const int64_t r = (row - piece.row) * group + g;
                limits[r] = limit_of(chunk, row);
                const float* from = all_queries + row * stride + (piece.head * group + g) * D;
                const Floats scale = broadcast(shape.scale * LOG2_E);
                for (int64_t i = 0; i < D; i += LANES) store(queries.data() + r * D + i, load(from + i) * scale);
            }
        const StoredHeads& stored = shape.stored;
        const int64_t bytes = block_bytes(stored.kind, D), begin = piece.head * bytes;
        const HeadBlocks blocks{(const char*)stored.keys + begin, (const char*)stored.values + begin, kv_heads * bytes, chunk.table};
        Queries of{queries.data(), limits.data(), D, shape.window, shape.soft_cap * LOG2_E};
        if (shape.bias.table) of.bias = shape.bias.of(piece.head);
        const bool stores = piece.parts >= 0;
        const int64_t each = rows * numbers, spans = stores ? piece.end_span - piece.span : 1;
        if (!stores) parts.resize(each);
        float* to = stores ? stored_parts + piece.parts : parts.data();
        for (int64_t r = 0; r < spans * rows; r++) clear_part({to + r * numbers}, D);
        attend(stored.kind, blocks, of, int(rows), piece.span, piece.end_span, to, stores ? each : 0);
        if (!stores) finish(piece, to);
    }

    void merge(const Piece& piece) const {
        const int64_t rows = count(piece), numbers = part_numbers(D);
        float* first = stored_parts + piece.parts;
        for (int64_t span = 1; span < piece.end_span - piece.span; span++)
            for (int64_t r = 0; r < rows; r++)
                merge_part({first + r * numbers}, {first + (span * rows + r) * numbers}, D);
        finish(piece, first);
    }

    void finish(const Piece& piece, float* parts) const {
        for (int64_t row = piece.row; row < piece.end_row; row++)
            for (int64_t g = 0; g < group; g++) {
                const int64_t r = (row - piece.row) * group + g;
                finish_part({parts + r * part_numbers(D)}, D, out + (row * shape.heads + piece.head * group + g) * D);
            }
    }

    Team& team;
    const AttentionShape& shape;
    const std::vector<Chunk>& chunks;
    const float* all_queries;
    const int64_t stride;
    float* out;
    const int64_t kv_heads, D, group;
    float* stored_parts = nullptr;
};

inline void attention(
    Team& team, const AttentionShape& shape, const std::vector<Chunk>& chunks, const float* queries, int64_t stride, float* out
) {
    LayerAttention(team, shape, chunks, queries, stride, out).run();
}

}  // namespace
