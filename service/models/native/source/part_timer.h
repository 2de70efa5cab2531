// Measures the parts of a step.

#pragma once

#include <chrono>
#include <cstdint>

namespace {

// The parts of a step. structures.py has their names, in the same order (PARTS).
enum Part { EMBEDDING, NORMS, POSITIONS, LINEARS, ATTENTION, PARTS };

// `finish(part)` adds the time since the last call to that part.
class PartTimer {
  public:
    explicit PartTimer(int64_t* times) : times(times), begin(times ? now() : 0) {}
    void finish(Part part) {
        if (!times) return;
        const int64_t end = now();
        times[part] += end - begin;
        begin = end;
    }

  private:
    static int64_t now() {
        const auto time = std::chrono::steady_clock::now().time_since_epoch();
        return std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
    }
    int64_t* times;
    int64_t begin;
};

}  // namespace
