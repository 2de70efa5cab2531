// Which blocks hold the tokens of several sequences.
//
// In the kernels' own blocks there are PANEL tokens each. A block of the KV cache is one of them, or several behind one
// another.

#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "panel.h"

namespace {

class BlockTables {
  public:
    // `count` sequences of `lengths` tokens. `blocks` of the KV cache hold them, those of one sequence behind another's;
    // `block_size` tokens are in each.
    BlockTables(const int64_t* lengths, const int64_t* blocks, int64_t count, int64_t block_size) {
        if (!count) return;
        const int64_t longest = *std::max_element(lengths, lengths + count), parts = block_size / PANEL;
        width = (longest + PANEL - 1) / PANEL;
        numbers.resize(count * width);
        for (int64_t s = 0; s < count; s++) {
            int32_t* table = numbers.data() + s * width;
            for (int64_t i = 0; i * PANEL < lengths[s]; i++)
                table[i] = int32_t(blocks[i / parts] * parts + i % parts);
            blocks += (lengths[s] + block_size - 1) / block_size;
        }
    }

    // The kernels' blocks that hold a sequence.
    const int32_t* of(int64_t sequence) const { return numbers.data() + sequence * width; }
    // The place of a token among the tokens of all blocks.
    int64_t slot(int64_t sequence, int64_t position) const {
        return of(sequence)[position / PANEL] * int64_t(PANEL) + position % PANEL;
    }

  private:
    std::vector<int32_t> numbers;  // [sequences][width]
    int64_t width = 0;
};

}  // namespace
