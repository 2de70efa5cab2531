// Shares many jobs among the threads of teams, and counts the pieces that were not computed exactly once.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "team.h"

int main(int, char** arguments) {
    const int threads = atoi(arguments[1]), teams = atoi(arguments[2]), jobs = atoi(arguments[3]);
    int64_t wrong = 0;
    for (int t = 0; t < teams; t++) {
        Team team(threads);
        for (int job = 0; job < jobs; job++) {
            const int64_t count = 1 + (job * 7919 + t) % 150;
            if (job % 16 == 15) std::this_thread::sleep_for(std::chrono::microseconds(200));  // so that the threads sleep
            // Plain numbers: what a thread has written must be visible when `share` returns.
            std::vector<int64_t> computed(count, -1);
            std::vector<int> calls(count);
            team.share(count, [&](int64_t i) { computed[i] = i * job, calls[i]++; });
            for (int64_t i = 0; i < count; i++) wrong += computed[i] != i * job || calls[i] != 1;
        }
    }
    printf("%lld\n", (long long)wrong);
}
