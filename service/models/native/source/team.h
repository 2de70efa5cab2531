// Threads that share pieces of work.
//
// Each thread has a range of the pieces, and takes pieces of the others when its own are done. So a thread that the
// system has suspended delays the others only if it is in the middle of a piece. Equal work has equal ranges: a thread
// reads the same weights in every step, one after another, from the caches and the memory that are next to it.
//
// What different threads write lies on different cache lines: a line that travels between two sockets takes as long as
// a small piece. So a thread counts its pieces for itself, and tells the others their number once.

#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sched.h>
#endif

namespace {

constexpr int CACHE_LINES = 128;  // bytes: processors fetch lines of 64 bytes in pairs

}  // namespace

class Team {
  public:
    explicit Team(int threads) : ranges(new Range[threads]), threads(threads) {
        if (threads > processors()) patience = std::chrono::nanoseconds(0);
        for (int i = 1; i < threads; i++) others.emplace_back([this, i] { serve(i); });
    }
    ~Team() {
        stop = true;
        wake();
        for (auto& thread : others) thread.join();
    }

    int size() const { return threads; }

    // Call work(0) to work(count - 1), each once, on any thread. Returns when all calls have returned.
    // `count` is below 2^31. Only one thread may call this at a time.
    template <class F> void share(int64_t count, const F& work) {
        if (count <= 0) return;
        if (threads == 1 || count == 1) {
            for (int64_t i = 0; i < count; i++) work(i);
            return;
        }
        call = [](const void* work, int64_t i) { (*(const F*)work)(i); };
        context = &work;
        total = int32_t(count);
        done.store(0, std::memory_order_relaxed);
        for (int t = 0; t < threads; t++)
            ranges[t].state.store(uint64_t(first(t + 1)) << 32 | uint64_t(first(t)), std::memory_order_release);
        job.store(job.load(std::memory_order_relaxed) + 1, std::memory_order_seq_cst);
        if (sleepers.load(std::memory_order_seq_cst)) wake();
        claim(0);
        // The others are about to return, unless the system has suspended one: then it needs this processor.
        spin([&] { return done.load(std::memory_order_acquire) == total; });
        for (int32_t seen; (seen = done.load(std::memory_order_acquire)) < total;) done.wait(seen);
    }

  private:
    // The pieces of one thread: the next one in the low half of a word, the end in the high half. So a thread that claims
    // a piece has also read the end of the same job, and `call` of that job.
    struct alignas(CACHE_LINES) Range {
        std::atomic<uint64_t> state{0};
    };
    static bool has_pieces(uint64_t state) { return uint32_t(state) < uint32_t(state >> 32); }

    // The first piece of thread t. Of few pieces the calling thread has one, as it need not be woken.
    int64_t first(int t) const { return (int64_t(t) * total + threads - 1) / threads; }

    // The processors that this process may use. More threads than that must not wait for each other by spinning.
    static int processors() {
#if defined(__linux__)
        cpu_set_t allowed;
        if (!sched_getaffinity(0, sizeof allowed, &allowed)) return CPU_COUNT(&allowed);
#endif
        return int(std::thread::hardware_concurrency());
    }

    static void pause() {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#elif defined(__aarch64__)
        asm volatile("isb");  // `yield` does nothing on most processors
#endif
    }

    // Wait until is_over(), for a short while: then the thread should sleep, and leave the processor to others.
    template <class F> void spin(const F& is_over) const {
        using clock = std::chrono::steady_clock;
        if (patience.count() == 0 || is_over()) return;
        const auto end = clock::now() + patience;
        do {
            for (int i = 0; i < 32; i++) {
                if (is_over()) return;
                pause();
            }
        } while (clock::now() < end);
    }

    // Compute pieces until none is left, those of thread `own` first.
    void claim(int own) {
        for (int i = 0; i < threads; i++) {
            std::atomic<uint64_t>& state = ranges[own + i < threads ? own + i : own + i - threads].state;
            int32_t computed = 0, all = 0;
            // Without the first look, threads that find nothing would write to the line, and the word would overflow.
            while (has_pieces(state.load(std::memory_order_relaxed))) {
                const uint64_t claimed = state.fetch_add(1, std::memory_order_acq_rel);
                if (!has_pieces(claimed)) break;
                all = total;  // of the claimed piece's job, which cannot end before the piece is counted
                call(context, int64_t(uint32_t(claimed)));
                computed++;
            }
            if (!computed) continue;
            const int32_t sum = done.fetch_add(computed, std::memory_order_acq_rel) + computed;
            if (sum == all) return done.notify_one();
        }
    }

    // The loop of the other threads: look for work for a short while, then sleep until `wake`.
    void serve(int number) {
        uint32_t last = 0;
        while (!stop) {
            const uint32_t seen = wakeups.load();
            spin([&] { return job.load(std::memory_order_acquire) != last; });
            if (const uint32_t now = job.load(); now != last) {
                last = now;
                claim(number);
                continue;
            }
            sleepers++;
            if (job.load() == last && !stop) wakeups.wait(seen);
            sleepers--;
            wake_two();
        }
    }

    // Wake all threads that sleep. Each wakes two others: that is faster than one thread which wakes 63.
    void wake() {
        wakeups++;
        wake_two();
    }

    void wake_two() {
        wakeups.notify_one();
        wakeups.notify_one();
    }

    // Written once for each job, by the calling thread, and read by all.
    alignas(CACHE_LINES) std::atomic<uint32_t> job{0};
    int32_t total = 0;
    void (*call)(const void*, int64_t) = nullptr;
    const void* context = nullptr;
    const std::unique_ptr<Range[]> ranges;
    const int threads;
    std::chrono::nanoseconds patience{50'000};  // for which a thread spins before it sleeps

    // Written by every thread that has computed something.
    alignas(CACHE_LINES) std::atomic<int32_t> done{0};  // pieces of the current job that have returned

    // Written by threads that go to sleep or wake others.
    alignas(CACHE_LINES) std::atomic<uint32_t> wakeups{0};
    std::atomic<int> sleepers{0};
    std::atomic<bool> stop{false};
    std::vector<std::thread> others;
};

namespace {

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
