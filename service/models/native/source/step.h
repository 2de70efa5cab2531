// One step of a decoder: the chunks that Python names, and where their rows are.

#pragma once

#include <cstdint>
#include <vector>

#include "attention.h"
#include "block_tables.h"
#include "model.h"

namespace {

// A step, with what follows from its chunks and their blocks.
class Step : public KernelStep {
  public:
    explicit Step(const KernelStep& step)
        : KernelStep(step), tables(contexts, blocks, chunks, block_size), positions(step.rows), slots(step.rows) {
        for (int64_t c = 0; c < chunks; c++)
            for (int64_t row = offsets[c]; row < offsets[c + 1]; row++) {
                positions[row] = contexts[c] - (offsets[c + 1] - row);
                slots[row] = tables.slot(c, positions[row]);
            }
        for (int64_t c = 0; c < chunks; c++)
            attending.push_back({offsets[c], offsets[c + 1], contexts[c], tables.of(c), true});
    }

    BlockTables tables;              // of the chunks' contexts
    std::vector<Chunk> attending;    // the chunks, whose rows attend to these contexts
    std::vector<int64_t> positions;  // [rows]: the place of each row's token in its sequence
    std::vector<int64_t> slots;      // [rows]: the place of its key and value among the tokens of all blocks
};

}  // namespace
