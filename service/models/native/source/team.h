// Threads that share pieces of work.
//
// A thread claims a piece when it is free. So a thread that the system has suspended delays the others only if it is in
// the middle of a piece.

#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace {

class Team {
  public:
    explicit Team(int threads) {
        for (int i = 1; i < threads; i++) others.emplace_back([this] { serve(); });
    }
    ~Team() {
        stop = true;
        wake();
        for (auto& thread : others) thread.join();
    }

    int size() const { return int(others.size()) + 1; }

    // Call work(0) to work(count - 1), each once, on any thread. Returns when all calls have returned.
    // `count` is below 2^24. Only one thread may call this at a time.
    template <class F> void share(int64_t count, const F& work) {
        if (count <= 0) return;
        if (others.empty() || count == 1) {
            for (int64_t i = 0; i < count; i++) work(i);
            return;
        }
        call = [](const void* work, int64_t i) { (*(const F*)work)(i); };
        context = &work;
        done.store(0, std::memory_order_relaxed);
        job++;
        state.store(uint64_t(job) << 48 | uint64_t(count) << 24, std::memory_order_seq_cst);
        if (sleepers.load(std::memory_order_seq_cst)) wake();
        claim();
        // The others are about to return, unless the system has suspended one: then it needs this processor.
        for (int i = 0; i < SPINS && done.load(std::memory_order_acquire) < count; i++) pause();
        for (int32_t seen; (seen = done.load(std::memory_order_acquire)) < count;) done.wait(seen);
    }

  private:
    static constexpr int SPINS = 4000;  // looks for work, or for its end, before a thread sleeps: about 0.1 ms

    static void pause() {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
    }

    // `state` holds the job's number (16 bits), its count of pieces (24 bits) and the next piece (24 bits). They are one
    // word, so a thread that has claimed a piece has also read the count of the same job.
    static constexpr uint64_t LOW = (1 << 24) - 1;
    static bool has_pieces(uint64_t state) { return (state & LOW) < (state >> 24 & LOW); }

    void claim() {
        while (has_pieces(state.load(std::memory_order_relaxed))) {
            uint64_t claimed = state.fetch_add(1, std::memory_order_acq_rel);
            if (!has_pieces(claimed)) return;
            const int32_t count = int32_t(claimed >> 24 & LOW);
            call(context, int64_t(claimed & LOW));
            if (done.fetch_add(1, std::memory_order_release) + 1 == count) done.notify_one();
        }
    }

    // The loop of the other threads: look for work for a short while, then sleep until `wake`.
    void serve() {
        while (!stop) {
            uint32_t seen = wakeups.load();
            for (int i = 0; i < SPINS && !has_pieces(state.load(std::memory_order_relaxed)); i++) pause();
            if (has_pieces(state.load())) {
                claim();
                continue;
            }
            sleepers++;
            if (!has_pieces(state.load()) && !stop) wakeups.wait(seen);
            sleepers--;
        }
    }

    void wake() {
        wakeups++;
        wakeups.notify_all();
    }

    std::vector<std::thread> others;
    std::atomic<uint64_t> state{0};
    std::atomic<int32_t> done{0};  // pieces of the current job that have returned
    std::atomic<uint32_t> wakeups{0};
    std::atomic<int> sleepers{0};
    std::atomic<bool> stop{false};
    void (*call)(const void*, int64_t) = nullptr;
    const void* context = nullptr;
    uint16_t job = 0;
};

constexpr int64_t ROWS_PER_PIECE = 4;  // with little work for each row, fewer rows are not worth another thread

// Call work(0) to work(rows - 1), on several threads if there are enough rows.
template <class F> void for_each_row(Team& team, int64_t rows, const F& work) {
    if (rows <= ROWS_PER_PIECE)
        for (int64_t r = 0; r < rows; r++) work(r);
    else
        team.share((rows + ROWS_PER_PIECE - 1) / ROWS_PER_PIECE, [&](int64_t i) {
            for (int64_t r = i * ROWS_PER_PIECE; r < std::min(rows, (i + 1) * ROWS_PER_PIECE); r++) work(r);
        });
}

}  // namespace
