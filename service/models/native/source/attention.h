// Attention over the paged KV cache.
//
// Spans of one long sequence (spans.h) can be computed by different threads (Flash-Decoding, 2023). A row's bits are the
// same however it is computed, because its spans, and the order of all sums, depend on its own context only.

#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "kv_blocks.h"
#include "model.h"
#include "softmax.h"
#include "spans.h"
#include "step.h"
#include "team.h"
#include "vector.h"

namespace {

constexpr int FEW_QUERIES = 24;  // rows of queries in a piece, at least; such pieces may be cut between spans, too

// A piece of work: some rows of one chunk and KV head, and some spans.
struct Piece {
    int64_t chunk, row, end_row, head, span, end_span;
    int64_t parts;  // where the parts of its first span are stored; -1: the piece has all spans of its rows
};

// Attention of one layer for all rows of a step. qkv [rows][stride] holds queries, keys and values; out is
// [rows][heads][head_dim].
class LayerAttention {
  public:
    LayerAttention(
        Team& team, const KernelDecoder& d, const KernelLayer& layer, const Step& s, const float* qkv,
        int64_t stride, float* out
    ) : team(team), d(d), layer(layer), s(s), qkv(qkv), stride(stride), out(out), group(d.heads / d.kv_heads) {}

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
    int64_t limit_of(int64_t chunk, int64_t row) const { return s.contexts[chunk] - (s.offsets[chunk + 1] - 1 - row); }
    int64_t count(const Piece& piece) const { return (piece.end_row - piece.row) * group; }

    // Cut the step into pieces. `merged` are pieces whose spans are computed one by one, and merged afterwards. Returns
    // the numbers that their parts have. What is cut depends on the threads, but no bit does.
    int64_t cut(std::vector<Piece>& pieces, std::vector<Piece>& merged) const {
        pieces.clear(), merged.clear();
        const int64_t wanted = 4 * team.size();  // pieces, so that all threads end at about the same time
        const int64_t rows = s.rows * group * d.kv_heads / wanted;
        const int64_t rows_each = std::max<int64_t>(1, std::clamp<int64_t>(rows, FEW_QUERIES, QUERIES) / group);
        int64_t spans = 0, stored = 0;
        for (int64_t c = 0; c < s.chunks; c++)
            for (int64_t row = s.offsets[c]; row < s.offsets[c + 1]; row += rows_each) {
                const int64_t last = std::min(row + rows_each, s.offsets[c + 1]);
                const int64_t begin = first_span(limit_of(c, row), layer.window), end = end_span(limit_of(c, last - 1));
                for (int64_t head = 0; head < d.kv_heads; head++) merged.push_back({c, row, last, head, begin, end, -1});
                spans += d.kv_heads * (end - begin);
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
                part.parts = stored + (span - piece.span) * count(piece) * part_numbers(d.head_dim);
                pieces.push_back(part);
            }
            stored += (piece.end_span - piece.span) * count(piece) * part_numbers(d.head_dim);
        }
        merged.resize(kept);
        return stored;
    }

    void compute(const Piece& piece) const {
        static thread_local std::vector<float> queries, parts;
        static thread_local std::vector<int64_t> limits;
        const int64_t D = d.head_dim, rows = count(piece), numbers = part_numbers(D);
        queries.resize(rows * D), limits.resize(rows);
        for (int64_t row = piece.row; row < piece.end_row; row++)
            for (int64_t g = 0; g < group; g++) {
                const int64_t r = (row - piece.row) * group + g;
                limits[r] = limit_of(piece.chunk, row);
                const float* from = qkv + row * stride + (piece.head * group + g) * D;
                const Floats scale = broadcast(layer.scale * LOG2_E);
                for (int64_t i = 0; i < D; i += LANES) store(queries.data() + r * D + i, load(from + i) * scale);
            }
        const int64_t bytes = block_bytes(d.cache_kind, D), begin = piece.head * bytes;
        const HeadBlocks blocks{
            (const char*)layer.keys + begin, (const char*)layer.values + begin, d.kv_heads * bytes,
            s.table(piece.chunk)
        };
        const Queries of{queries.data(), limits.data(), D, layer.window, layer.soft_cap * LOG2_E};
        const bool stores = piece.parts >= 0;
        const int64_t each = rows * numbers, spans = stores ? piece.end_span - piece.span : 1;
        if (!stores) parts.resize(each);
        float* to = stores ? stored_parts + piece.parts : parts.data();
        for (int64_t r = 0; r < spans * rows; r++) clear_part({to + r * numbers}, D);
        attend(d.cache_kind, blocks, of, int(rows), piece.span, piece.end_span, to, stores ? each : 0);
        if (!stores) finish(piece, to);
    }

    void merge(const Piece& piece) const {
        const int64_t D = d.head_dim, rows = count(piece), numbers = part_numbers(D);
        float* first = stored_parts + piece.parts;
        for (int64_t span = 1; span < piece.end_span - piece.span; span++)
            for (int64_t r = 0; r < rows; r++)
                merge_part({first + r * numbers}, {first + (span * rows + r) * numbers}, D);
        finish(piece, first);
    }

    void finish(const Piece& piece, float* parts) const {
        const int64_t D = d.head_dim;
        for (int64_t row = piece.row; row < piece.end_row; row++)
            for (int64_t g = 0; g < group; g++) {
                const int64_t r = (row - piece.row) * group + g;
                finish_part({parts + r * part_numbers(D)}, D, out + (row * d.heads + piece.head * group + g) * D);
            }
    }

    Team& team;
    const KernelDecoder& d;
    const KernelLayer& layer;
    const Step& s;
    const float* qkv;
    const int64_t stride;
    float* out;
    const int64_t group;
    float* stored_parts = nullptr;
};

inline void attention(
    Team& team, const KernelDecoder& d, const KernelLayer& layer, const Step& s, const float* qkv, int64_t stride,
    float* out
) {
    LayerAttention(team, d, layer, s, qkv, stride, out).run();
}

}  // namespace
