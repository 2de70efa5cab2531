// The tile registers of AMX: eight registers of 16 rows of 64 bytes, and products of them.
//
// The instructions are written as assembler. So one library serves processors with and without AMX, and no compiler
// option is needed. (GCC 12 drops stores to the memory that its own function for the tiles' configuration reads.)

#pragma once

#include <cstdint>

#if defined(__linux__) && defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

// Other processors have no tiles. Code for tiles is compiled there without its instructions, and never run.
#if defined(__x86_64__)
#define TILE_INSTRUCTION(...) asm volatile(__VA_ARGS__)
#else
#define TILE_INSTRUCTION(...)
#endif

#ifndef KERNEL_BYTE_TILES
#define KERNEL_BYTE_TILES 0  // whether tiles multiply bytes
#endif

namespace {

constexpr int TILE = 16;         // rows of a tile
constexpr int ROW_BYTES = 64;    // of a tile
constexpr int TILE_REGISTERS = 8;

// The size of each tile register: its rows, and the bytes of a row.
struct TileSizes {
    uint8_t rows[TILE_REGISTERS];
    uint16_t bytes[TILE_REGISTERS];
};

// Features of processors, as bits of what they say about themselves.
enum TileFeature : unsigned { TILE_BFLOAT16 = 1u << 22, TILE_REGISTERS_EXIST = 1u << 24, TILE_BYTES = 1u << 25 };

// Whether the processor has the tile registers and `feature`, and the system lets this process use them.
inline bool has_tiles([[maybe_unused]] TileFeature feature) {
#if defined(__linux__) && defined(__x86_64__)
    constexpr long REQUEST_PERMISSION = 0x1023, TILE_DATA = 18;
    unsigned a, b, c, d;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || ~d & (TILE_REGISTERS_EXIST | feature)) return false;
    return !syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA);
#else
    return false;
#endif
}

// While it lives, the tiles of this thread have these sizes. Other libraries may set other sizes before and after.
class Tiles {
  public:
    // `are_used` false: the processor has no tiles, and nothing is done.
    Tiles(const TileSizes& sizes, bool are_used) : are_used(are_used) {
        if (!are_used) return;
        alignas(64) struct {
            uint8_t palette = 1, start = 0, reserved[14] = {};
            uint16_t bytes[16] = {};
            uint8_t rows[16] = {};
        } configuration;
        for (int i = 0; i < TILE_REGISTERS; i++)
            configuration.bytes[i] = sizes.bytes[i], configuration.rows[i] = sizes.rows[i];
        TILE_INSTRUCTION("ldtilecfg %0" : : "m"(configuration));
    }
    ~Tiles() {
        if (are_used) TILE_INSTRUCTION("tilerelease" : :);
    }
    Tiles(const Tiles&) = delete;

  private:
    const bool are_used;
};

template <int T> inline void zero_tile() { TILE_INSTRUCTION("tilezero %%tmm%c0" : : "i"(T)); }
template <int T> inline void load_tile(const void* from, int64_t row_bytes = ROW_BYTES) {
    TILE_INSTRUCTION("tileloadd (%1,%2,1), %%tmm%c0" : : "i"(T), "r"(from), "r"(row_bytes) : "memory");
}
template <int T> inline void store_tile(void* to, int64_t row_bytes = ROW_BYTES) {
    TILE_INSTRUCTION("tilestored %%tmm%c0, (%1,%2,1)" : : "i"(T), "r"(to), "r"(row_bytes) : "memory");
}
// The tile Sum, of float32, += the tile A times the tile B, both of bfloat16.
template <int Sum, int A, int B> inline void multiply_tiles() {
    TILE_INSTRUCTION("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(Sum), "i"(A), "i"(B));
}
// The tile Sum, of int32, += the tile A, of signed bytes, times the tile B, of unsigned bytes.
template <int Sum, int A, int B> inline void multiply_byte_tiles() {
    TILE_INSTRUCTION("tdpbsud %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(Sum), "i"(A), "i"(B));
}

}  // namespace
