// The spans of a sequence, over which a few rows attend.
//
// A sequence's tokens are cut into spans at fixed places. Scores of a span, their exponentials and the sum over the
// span's values are computed while the span is in the processor's cache, and the parts of a row are merged in the order
// of its spans (Dao et al.: FlashAttention, 2022). Scores in memory do not grow with the context.

#pragma once

#include <cstdint>

#include "panel.h"
#include "relative_bias.h"

// The rows of one KV head that attend together.
struct Queries {
    const float* q;         // [rows][D], multiplied by the scale of the scores and by LOG2_E
    const int64_t* limits;  // the tokens that each row sees
    int64_t D, window;      // a window (0: none) hides the first of these tokens
    float soft_cap;         // of the scores, times LOG2_E; 0: none
    HeadBias bias = {};                  // added to the scores
    const int64_t* positions = nullptr;  // of the rows, for the bias; null: each row is the last token that it sees
};

// The keys and values of one sequence and KV head: blocks of PANEL tokens.
struct HeadBlocks {
    const char *keys, *values;  // of block number 0
    int64_t stride;             // bytes from a block to the next
    const int32_t* table;       // the numbers of the sequence's blocks; null: 0, 1, 2, ...

    int64_t place(int64_t b) const { return (table ? table[b] : b) * stride; }
};

// Merge the spans [begin, end) of a sequence into the parts of `count` rows. `kind` is that of the keys and values. The parts
// of each next span begin `step` numbers behind those of the span before; 0: they are the same.
//
// spans.cpp defines it, and is compiled beside kernels.cpp: it takes the compiler nearly as long as all the rest.
__attribute__((visibility("hidden"))) void attend(
    int32_t kind, const HeadBlocks& head, const Queries& of, int count, int64_t begin, int64_t end, float* parts, int64_t step
);

namespace {

constexpr int QUERIES = 192;   // rows of queries for which a span is converted once
constexpr int64_t SPAN = 256;  // tokens of a span; a multiple of PANEL
constexpr int64_t SPAN_BLOCKS = SPAN / PANEL;

// The spans of a row that sees the first `limit` tokens.
inline int64_t first_span(int64_t limit, int64_t window) {
    return window && limit > window ? (limit - window) / SPAN : 0;
}
inline int64_t end_span(int64_t limit) { return (limit + SPAN - 1) / SPAN; }

}  // namespace
