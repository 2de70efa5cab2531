// One step of a decoder: the chunks that Python names, and where their rows are.

#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "model.h"
#include "panel.h"

namespace {

// A step, with what follows from its chunks and their blocks. In the kernels' own blocks there are PANEL tokens each; a
// block of the KV cache is one of them, or several behind one another.
class Step : public KernelStep {
  public:
    explicit Step(const KernelStep& step) : KernelStep(step), positions(step.rows), slots(step.rows) {
        const int64_t longest = *std::max_element(contexts, contexts + chunks), parts = block_size / PANEL;
        width = (longest + PANEL - 1) / PANEL;
        tables.resize(chunks * width);
        const int64_t* chunk_blocks = blocks;
        for (int64_t c = 0; c < chunks; c++) {
            int32_t* table = tables.data() + c * width;
            for (int64_t i = 0; i * PANEL < contexts[c]; i++)
                table[i] = int32_t(chunk_blocks[i / parts] * parts + i % parts);
            for (int64_t row = offsets[c]; row < offsets[c + 1]; row++) {
                const int64_t position = contexts[c] - (offsets[c + 1] - row);
                positions[row] = position;
                slots[row] = table[position / PANEL] * int64_t(PANEL) + position % PANEL;
            }
            chunk_blocks += (contexts[c] + block_size - 1) / block_size;
        }
    }

    // The kernels' blocks that hold the context of a chunk.
    const int32_t* table(int64_t chunk) const { return tables.data() + chunk * width; }

    std::vector<int64_t> positions;  // [rows]: the place of each row's token in its sequence
    std::vector<int64_t> slots;      // [rows]: the place of its key and value among the tokens of all blocks

  private:
    std::vector<int32_t> tables;
    int64_t width;
};

}  // namespace
