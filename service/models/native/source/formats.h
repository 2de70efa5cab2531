// The formats of quantized matrices: which codes they have, and which scales.
//
// A matrix is stored in panels of PANEL columns. A panel is cut along k into stripes and each stripe into chunks:
//
//     stripe  [header of the scales][chunk]...
//     chunk   [scales of the chunk][codes]
//
// k is padded to whole stripes. The columns are padded to whole pairs of panels.

#pragma once

#include <cstdint>
#include <type_traits>

#include "codes.h"
#include "model.h"
#include "panel.h"
#include "scales.h"
#include "signed_quartets.h"
#include "tile_registers.h"

namespace {

template <class Codes_, class Scales_> struct Format {
    using Codes = Codes_;
    using Scales = Scales_;
    static constexpr int CHUNK = Codes::CHUNK;
    static constexpr int64_t HEADER_BYTES = Scales::HEADER_BYTES;
    static constexpr int64_t CHUNK_BYTES = Scales::CHUNK_BYTES + Codes::BYTES;

    static int64_t stripe_bytes(int64_t stripe) { return HEADER_BYTES + stripe / CHUNK * CHUNK_BYTES; }
    static int64_t panel_bytes(int64_t k, int64_t stripe) { return (k + stripe - 1) / stripe * stripe_bytes(stripe); }
    static int64_t chunk_offset(int64_t chunk) { return HEADER_BYTES + chunk * CHUNK_BYTES; }
};

// Codes of eight bits are multiplied by bytes where the processor has products of bytes, and else by int16.
#if KERNEL_BYTE_PRODUCTS
using Codes8 = Quartets<8>;
constexpr int ZERO8 = 128;
using StripeScale8 = ScaleAndZero<uint8_t>;
#elif KERNEL_QUARTETS_IN_SHORTS
using Codes8 = SignedQuartets;
constexpr int ZERO8 = 0;
using StripeScale8 = ScaleAndZero<int8_t>;
#else
using Codes8 = Pairs;
constexpr int ZERO8 = 0;
using StripeScale8 = ScaleAndZero<int8_t>;
#endif
inline uint8_t code8(int8_t code) { return uint8_t(code + ZERO8); }

using FormatQ4_0 = Format<Quartets<4>, Scale<8>>;
using FormatQ4_1 = Format<Quartets<4>, ScaleAndOffset>;
using FormatQ5_0 = Format<Quartets<5>, Scale<16>>;
using FormatQ5_1 = Format<Quartets<5>, ScaleAndOffset>;
using FormatQ8_0 = Format<Codes8, Scale<ZERO8>>;
using FormatQ4_K = Format<Quartets<4>, NestedScaleAndOffset>;
using FormatQ5_K = Format<Quartets<5>, NestedScaleAndOffset>;
using FormatQ6_K = Format<Quartets<6>, NestedScale<32>>;
using FormatInt4 = Format<Quartets<4>, ScaleAndZero<uint8_t>>;
using FormatStoredInt8 = Format<Codes8, StripeScale8>;
// Where tiles multiply bytes, weights that are quantized here have chunks of the k of a whole tile, and stripes of such chunks.
// They are multiplied by activations of two bytes: see two_byte_rows.h.
using FormatTiledInt8 = Format<WholeQuartets<64>, ScaleAndZero<uint8_t, 6 * PANEL>>;
using FormatInt8 = std::conditional_t<KERNEL_BYTE_TILES, FormatTiledInt8, FormatStoredInt8>;

// Call work(Format) for the format of this kind. Returns false if the kind is not quantized.
template <class Work> inline bool with_format(int32_t kind, const Work& work) {
    switch (kind) {
        case INT8: return work(FormatInt8{}), true;
        case STORED_INT8: return work(FormatStoredInt8{}), true;
        case Q4_0: return work(FormatQ4_0{}), true;
        case Q4_1: return work(FormatQ4_1{}), true;
        case Q5_0: return work(FormatQ5_0{}), true;
        case Q5_1: return work(FormatQ5_1{}), true;
        case Q8_0: return work(FormatQ8_0{}), true;
        case Q4_K: return work(FormatQ4_K{}), true;
        case Q5_K: return work(FormatQ5_K{}), true;
        case Q6_K: return work(FormatQ6_K{}), true;
        case INT4: return work(FormatInt4{}), true;
        default: return false;
    }
}

// Bytes of a quantized matrix with padded columns.
inline int64_t quantized_bytes(int32_t kind, int64_t n, int64_t k, int64_t stripe) {
    int64_t bytes = 0;
    with_format(kind, [&]<class F>(F) { bytes = (n + TWO_PANELS - 1) / TWO_PANELS * 2 * F::panel_bytes(k, stripe); });
    return bytes;
}

// The k weights of column `n` as float32.
inline void dequantize_column(const KernelLinear& w, int64_t n, float* to) {
    with_format(w.kind, [&]<class F>(F) {
        const int column = int(n % PANEL);
        const uint8_t* header = (const uint8_t*)w.panels + n / PANEL * F::panel_bytes(w.k, w.stripe);
        for (int64_t begin = 0; begin < w.k; begin += w.stripe, header += F::stripe_bytes(w.stripe)) {
            const int64_t end = begin + w.stripe < w.k ? begin + w.stripe : w.k;
            for (int64_t first = begin; first < end; first += F::CHUNK) {
                const uint8_t* chunk = header + F::chunk_offset((first - begin) / F::CHUNK);
                float scale, offset;
                F::Scales::get(header, chunk, column, scale, offset);
                for (int64_t i = first; i < end && i < first + F::CHUNK; i++)
                    to[i] = scale * float(F::Codes::get(chunk + F::Scales::CHUNK_BYTES, column, int(i - first))) + offset;
            }
        }
    });
}

}  // namespace
