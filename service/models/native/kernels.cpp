// A decoder of the Llama family over paged keys and values: one call computes one step.
//
// Everything is one microkernel, `tile`: up to six rows of x times a panel of NR columns, where a panel keeps, for each
// k, its NR numbers side by side. Weights are packed into panels once. A block of keys is a panel too (k runs over the
// head's dimension, the columns are tokens), and a block of values is head_dim / NR of them (k runs over tokens). So
// linears, scores and the sum over values share their arithmetic.
//
// Every output is summed over k in order, in float32, by fused multiply-adds (int8: exactly, in int32), whatever other
// rows there are and however threads share the work. Hence a row's bits depend on nothing but the row.
//
// Numbers at rest are float32, bfloat16 or int8 (weights only, one scale a column; beside them a row of activations is
// int16, with a scale of its own).
// 16-bit panels hold the two halves of their columns interleaved: one load, a shift and a mask give both.

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#ifndef LANES
#define LANES 8
#endif

namespace {

constexpr int L = LANES;   // floats in a vector register
constexpr int NR = 2 * L;  // columns of a panel, and tokens of a block
constexpr int MR = 6;      // rows of a tile: 6 * 2 accumulators, 2 weights and a broadcast fit into 16 registers
constexpr int PAIR = 2 * NR;  // columns that one piece of work computes: two panels

typedef float V __attribute__((vector_size(L * 4)));
typedef int32_t I __attribute__((vector_size(L * 4)));
typedef uint32_t U __attribute__((vector_size(L * 4)));
typedef float VU __attribute__((vector_size(L * 4), aligned(4)));
typedef uint32_t UU __attribute__((vector_size(L * 4), aligned(4)));

inline V load(const float* p) { return *(const VU*)p; }
inline void store(float* p, V v) { *(VU*)p = v; }
inline V all(float x) { return x - V{}; }  // x - 0 is x, so this is a broadcast and nothing else

enum Kind : int32_t { F32 = 0, BF16 = 1, INT8 = 2 };

struct bf16 { uint16_t bits; };

inline float widen(bf16 x) {
    uint32_t bits = uint32_t(x.bits) << 16;
    float f;
    memcpy(&f, &bits, 4);
    return f;
}
inline float widen(float x) { return x; }

inline void narrow(float f, float& out) { out = f; }
inline void narrow(float f, bf16& out) {  // to the nearest, ties to even; a NaN stays one
    uint32_t bits;
    memcpy(&bits, &f, 4);
    out.bits = f != f ? 0x7fc0 : uint16_t((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

// Where column `n` of a panel stands.
template <class T> inline int place(int n) { return n; }
template <> inline int place<bf16>(int n) { return n < L ? 2 * n : 2 * (n - L) + 1; }

inline void columns(const float* p, V& a, V& b) { a = load(p), b = load(p + L); }
inline void columns(const bf16* p, V& a, V& b) {
    U bits = *(const UU*)p;
    a = (V)(bits << 16);
    b = (V)(bits & 0xffff0000u);
}

// acc[r][NR] += x[r][0..k) * panel, for R rows at x, x + ldx, ...; `panels(s)` is the s-th piece of `piece` steps of k.
template <int R, class T, class Panels>
inline void tile(const float* x, int64_t ldx, int64_t k, int64_t piece, Panels panels, float* acc, int64_t lda) {
    V a[R], b[R];
    for (int r = 0; r < R; r++) a[r] = load(acc + r * lda), b[r] = load(acc + r * lda + L);
    for (int64_t begin = 0, s = 0; begin < k; begin += piece, s++) {
        const T* panel = panels(s);
        int64_t end = begin + piece < k ? begin + piece : k;
        for (int64_t i = begin; i < end; i++, panel += NR) {
            V w0, w1;
            columns(panel, w0, w1);
            for (int r = 0; r < R; r++) {
                V v = all(x[r * ldx + i]);
                a[r] += v * w0;
                b[r] += v * w1;
            }
        }
    }
    for (int r = 0; r < R; r++) store(acc + r * lda, a[r]), store(acc + r * lda + L, b[r]);
}

template <class T, class Panels>
inline void tiles(int rows, const float* x, int64_t ldx, int64_t k, int64_t piece, Panels panels, float* acc, int64_t lda) {
    switch (rows) {
        case 1: return tile<1, T>(x, ldx, k, piece, panels, acc, lda);
        case 2: return tile<2, T>(x, ldx, k, piece, panels, acc, lda);
        case 3: return tile<3, T>(x, ldx, k, piece, panels, acc, lda);
        case 4: return tile<4, T>(x, ldx, k, piece, panels, acc, lda);
        case 5: return tile<5, T>(x, ldx, k, piece, panels, acc, lda);
        default: return tile<6, T>(x, ldx, k, piece, panels, acc, lda);
    }
}

// A single row waits for its weights: it asks for them so many bytes before it needs them.
constexpr int AHEAD = 2048;

template <int R> inline void prefetch(const void* p) {
    if (R == 1) __builtin_prefetch((const char*)p + AHEAD);
}

// Two panels at once for few rows, where one would wait for its own additions.
template <int R, class T>
inline void wide(const float* x, int64_t ldx, int64_t k, const T* p, const T* q, float* acc) {
    V a[R] = {}, b[R] = {}, c[R] = {}, d[R] = {};
    for (int64_t i = 0; i < k; i++, p += NR, q += NR) {
        V w0, w1, w2, w3;
        prefetch<R>(p), prefetch<R>(q);
        columns(p, w0, w1);
        columns(q, w2, w3);
        for (int r = 0; r < R; r++) {
            V v = all(x[r * ldx + i]);
            a[r] += v * w0, b[r] += v * w1, c[r] += v * w2, d[r] += v * w3;
        }
    }
    for (int r = 0; r < R; r++) {
        float* to = acc + r * PAIR;
        store(to, a[r]), store(to + L, b[r]), store(to + NR, c[r]), store(to + NR + L, d[r]);
    }
}

#if defined(__AVX512BW__) && LANES == 16
typedef __m512i M;
inline M widen_bytes(const int8_t* p) { return _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i*)p)); }
inline M multiply_pairs(M a, M b) { return _mm512_madd_epi16(a, b); }
inline M add(M a, M b) { return _mm512_add_epi32(a, b); }
inline M pair(int32_t x) { return _mm512_set1_epi32(x); }
#elif defined(__AVX2__) && LANES == 8
typedef __m256i M;
inline M widen_bytes(const int8_t* p) { return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i*)p)); }
inline M multiply_pairs(M a, M b) { return _mm256_madd_epi16(a, b); }
inline M add(M a, M b) { return _mm256_add_epi32(a, b); }
inline M pair(int32_t x) { return _mm256_set1_epi32(x); }
#else
typedef int16_t S2 __attribute__((vector_size(L * 4)));
typedef I M;
inline M widen_bytes(const int8_t* p) {
    S2 v;
    for (int i = 0; i < 2 * L; i++) v[i] = p[i];
    return (M)v;
}
inline M multiply_pairs(M a, M b) {
    S2 x = (S2)a, y = (S2)b;
    M r;
    for (int i = 0; i < L; i++) r[i] = x[2 * i] * y[2 * i] + x[2 * i + 1] * y[2 * i + 1];
    return r;
}
inline M add(M a, M b) { return a + b; }
inline M pair(int32_t x) { return M{} + x; }
#endif

constexpr int MR8 = 3;  // rows of a tile of int8: six, with a product of each to be added, would not fit into the registers

// The same for int8: x holds pairs of int16, a panel for each pair of k its NR pairs of bytes.
template <int R>
inline void tile8(const int16_t* x, int64_t ldx, int64_t pairs, const int8_t* panel, int32_t* acc) {
    M a[R] = {}, b[R] = {};
    for (int64_t i = 0; i < pairs; i++, panel += 2 * NR) {
        prefetch<R>(panel);
        M w0 = widen_bytes(panel), w1 = widen_bytes(panel + NR);
        for (int r = 0; r < R; r++) {
            int32_t both;
            memcpy(&both, x + r * ldx + 2 * i, 4);
            M v = pair(both);
            a[r] = add(a[r], multiply_pairs(v, w0));
            b[r] = add(b[r], multiply_pairs(v, w1));
        }
    }
    for (int r = 0; r < R; r++) memcpy(acc + r * PAIR, &a[r], sizeof(M)), memcpy(acc + r * PAIR + L, &b[r], sizeof(M));
}

// Threads that share pieces of work. A piece is claimed when somebody is free for it, so a thread that the system has
// put aside holds up nobody unless it is in the middle of a piece.
class Team {
  public:
    explicit Team(int threads) {
        for (int i = 1; i < threads; i++) others.emplace_back([this] { serve(); });
    }
    ~Team() {
        stop = true;
        wake();
        for (auto& t : others) t.join();
    }
    template <class F> void share(int64_t count, const F& work) {
        if (count <= 0) return;
        if (others.empty() || count == 1) {
            for (int64_t i = 0; i < count; i++) work(i);
            return;
        }
        call = [](const void* w, int64_t i) { (*(const F*)w)(i); };
        context = &work;
        done.store(0, std::memory_order_relaxed);
        job++;
        word.store(uint64_t(job) << 48 | uint64_t(count) << 24, std::memory_order_seq_cst);
        if (sleepers.load(std::memory_order_seq_cst)) wake();
        claim();
        while (done.load(std::memory_order_acquire) < count) pause();
    }

  private:
    static void pause() {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
    }
    static constexpr uint64_t LOW = (1 << 24) - 1;
    static bool open(uint64_t w) { return (w & LOW) < (w >> 24 & LOW); }

    void claim() {  // job, count and next piece are one word: who has a piece has its job
        while (open(word.load(std::memory_order_relaxed))) {
            uint64_t w = word.fetch_add(1, std::memory_order_acq_rel);
            if (!open(w)) return;
            call(context, int64_t(w & LOW));
            done.fetch_add(1, std::memory_order_release);
        }
    }
    void serve() {
        while (!stop) {
            uint32_t seen = bell.load();
            for (int i = 0; i < 4000 && !open(word.load(std::memory_order_relaxed)); i++) pause();
            if (open(word.load())) {
                claim();
                continue;
            }
            sleepers++;
            if (!open(word.load()) && !stop) bell.wait(seen);
            sleepers--;
        }
    }
    void wake() {
        bell++;
        bell.notify_all();
    }

    std::vector<std::thread> others;
    std::atomic<uint64_t> word{0};
    std::atomic<int64_t> done{0};
    std::atomic<uint32_t> bell{0};
    std::atomic<int> sleepers{0};
    std::atomic<bool> stop{false};
    void (*call)(const void*, int64_t) = nullptr;
    const void* context = nullptr;
    uint16_t job = 0;
};

inline V exp_of(V x) {  // exp(x) for x <= 0, by 2^n * p(f), to about 2 units in the last place
    x = x < all(-87.0f) ? all(-87.0f) : x;
    V t = x * all(1.44269504f);
    V rounded = (t + all(12582912.0f)) - all(12582912.0f);
    V f = x - rounded * all(0.693359375f);
    f = f - rounded * all(-2.12194440e-4f);
    V p = all(1.9875691500e-4f);
    p = p * f + all(1.3981999507e-3f);
    p = p * f + all(8.3334519073e-3f);
    p = p * f + all(4.1665795894e-2f);
    p = p * f + all(1.6666665459e-1f);
    p = p * f + all(5.0000001201e-1f);
    p = p * f * f + f + all(1.0f);
    I n = __builtin_convertvector(rounded, I) + 127;
    return p * (V)(n << 23);
}

inline float sum_of(V v) {
    float s = 0;
    for (int i = 0; i < L; i++) s += v[i];
    return s;
}

}  // namespace

extern "C" {

struct Linear {
    const void* panels;   // [padded n / NR][k][NR]; int8: [padded n / NR][padded k / 2][NR][2]
    const float* scales;  // int8: one a column, padded
    const float* bias;    // padded, or null
    int64_t n, k;
    int32_t kind;
    int32_t gated;  // panels alternate between gate and up; the output is silu(gate) * up, n / 2 columns
};

struct Layer {
    Linear qkv, o, up, down;
    const float *input_norm, *post_norm, *q_norm, *k_norm;  // the last two may be null
    void *keys, *values;  // [blocks][kv_heads][head_dim][NR] and [blocks][kv_heads][head_dim / NR][NR][NR]
    float scale;
    int32_t window;  // 0: none
};

struct Decoder {
    const Layer* layers;
    int64_t num_layers, hidden, heads, kv_heads, head_dim, inner;
    const void* embeddings;
    const float* norm;
    const float *cosines, *sines;  // [positions][head_dim / 2]
    float eps;
    int32_t embedding_kind, cache_kind;
};

struct Step {
    const int64_t *ids, *positions, *slots;  // a row each
    const int64_t *offsets, *contexts;       // a chunk each: its rows; the tokens its last row sees
    const int32_t* tables;                   // [chunks][width] blocks
    int64_t rows, chunks, width;
    int64_t* times;  // [PARTS] nanoseconds, added to; null: nobody asks
};

int trivium_lanes() { return L; }
void* trivium_team(int threads) { return new Team(threads); }
void trivium_disband(void* team) { delete (Team*)team; }

// Weights [n][k] (row-major) into panels. `to` is zeroed and has room for the padded n and k.
void trivium_pack(const void* from, int32_t from_kind, void* to, int32_t to_kind, float* scales, int64_t n, int64_t k) {
    for (int64_t row = 0; row < n; row++) {
        int64_t base = row / NR, column = row % NR;
        auto at = [&](int64_t i) {
            return from_kind == F32 ? ((const float*)from)[row * k + i] : widen(((const bf16*)from)[row * k + i]);
        };
        if (to_kind == INT8) {
            float most = 0;
            for (int64_t i = 0; i < k; i++) most = std::fmax(most, std::fabs(at(i)));
            scales[row] = most / 127;
            float inverse = most > 0 ? 127 / most : 0;
            int8_t* panel = (int8_t*)to + base * ((k + 1) / 2) * 2 * NR;
            for (int64_t i = 0; i < k; i++)
                panel[(i / 2) * 2 * NR + 2 * column + i % 2] = int8_t(std::nearbyint(at(i) * inverse));
        } else if (to_kind == BF16) {
            bf16* panel = (bf16*)to + base * k * NR;
            for (int64_t i = 0; i < k; i++) narrow(at(i), panel[i * NR + place<bf16>(column)]);
        } else {
            float* panel = (float*)to + base * k * NR;
            for (int64_t i = 0; i < k; i++) panel[i * NR + column] = at(i);
        }
    }
}

}  // extern "C"

namespace {

constexpr int64_t FEW = 4;  // rows that are not worth sharing where there is little to do for each

template <class F> void each_row(Team& team, int64_t rows, const F& work) {
    if (rows <= FEW)
        for (int64_t r = 0; r < rows; r++) work(r);
    else
        team.share((rows + FEW - 1) / FEW, [&](int64_t i) {
            for (int64_t r = i * FEW; r < std::min(rows, (i + 1) * FEW); r++) work(r);
        });
}

// Rows of activations as int16, with a scale each. The steps are as fine as sums over k in int32 allow: beside weights
// of 127 steps nothing overflows, and what is rounded away is little next to what the weights lost.
struct Quantized {
    std::vector<int16_t> values;
    std::vector<float> scales;
    int64_t stride = 0;

    void fill(Team& team, const float* x, int64_t ldx, int64_t rows, int64_t k) {
        stride = (k + 1) / 2 * 2;
        values.resize(rows * stride);
        scales.resize(rows);
        each_row(team, rows, [&](int64_t r) { scales[r] = quantize(x + r * ldx, k, values.data() + r * stride, stride); });
    }

    // One row; its scale.
    static float quantize(const float* row, int64_t k, int16_t* to, int64_t stride) {
        float most = 0;
        V best = {};
        int64_t i = 0;
        for (; i + L <= k; i += L) {
            V size = (V)((U)load(row + i) & 0x7fffffffu);
            best = size > best ? size : best;
        }
        for (int j = 0; j < L; j++) most = std::fmax(most, best[j]);
        for (; i < k; i++) most = std::fmax(most, std::fabs(row[i]));
        const float steps = float(std::min<int64_t>(INT16_MAX, INT32_MAX / (127 * k)));
        const float inverse = most > 0 ? steps / most : 0;
        for (i = 0; i < k; i++) to[i] = int16_t(std::nearbyint(row[i] * inverse));
        for (; i < stride; i++) to[i] = 0;
        return most / steps;
    }
};

// The products of two panels, the `pair`-th two, with rows [begin, begin + count): into acc [count][PAIR].
template <class T>
void products(const Linear& w, int64_t pair, const float* x, int64_t ldx, int count, float* acc) {
    const T* p = (const T*)w.panels + pair * 2 * w.k * NR;
    const T* q = p + w.k * NR;
    switch (count) {
        case 1: return wide<1>(x, ldx, w.k, p, q, acc);
        case 2: return wide<2>(x, ldx, w.k, p, q, acc);
        case 3: return wide<3>(x, ldx, w.k, p, q, acc);
    }
    memset(acc, 0, sizeof(float) * count * PAIR);
    tiles<T>(count, x, ldx, w.k, w.k, [&](int64_t) { return p; }, acc, PAIR);
    tiles<T>(count, x, ldx, w.k, w.k, [&](int64_t) { return q; }, acc + NR, PAIR);
}

void products8(const Linear& w, int64_t pair, const Quantized& x, int64_t begin, int count, float* acc) {
    int64_t pairs = (w.k + 1) / 2;
    int32_t sums[MR * PAIR];
    for (int half = 0; half < 2; half++) {
        const int8_t* panel = (const int8_t*)w.panels + (pair * 2 + half) * pairs * 2 * NR;
        for (int r = 0; r < count; r += MR8) {
            const int16_t* rows = x.values.data() + (begin + r) * x.stride;
            int32_t* to = sums + r * PAIR + half * NR;
            switch (count - r) {
                case 1: tile8<1>(rows, x.stride, pairs, panel, to); break;
                case 2: tile8<2>(rows, x.stride, pairs, panel, to); break;
                default: tile8<MR8>(rows, x.stride, pairs, panel, to);
            }
        }
    }
    const float* scales = w.scales + pair * PAIR;
    for (int r = 0; r < count; r++)
        for (int i = 0; i < PAIR; i++) acc[r * PAIR + i] = float(sums[r * PAIR + i]) * x.scales[begin + r] * scales[i];
}

// y [rows][n] = x [rows][k] * W^T + bias; or added to what y holds; or gated, y [rows][n / 2].
void linear(Team& team, const Linear& w, const float* x, int64_t ldx, int64_t rows, float* y, int64_t ldy, bool adds) {
    static thread_local Quantized quantized;
    Quantized& q = quantized;
    if (w.kind == INT8) q.fill(team, x, ldx, rows, w.k);
    // Many rows are cut too, so that few columns keep many threads busy and the rows stay in the cache.
    const int64_t block = 16 * MR;
    const int64_t pairs = (w.n + PAIR - 1) / PAIR, blocks = (rows + block - 1) / block;
    team.share(pairs * blocks, [&](int64_t item) {
        const int64_t number = item % pairs, first = item / pairs * block;
        const int64_t last = first + block < rows ? first + block : rows;
        float acc[MR * PAIR];
        for (int64_t begin = first; begin < last; begin += MR) {
            const int count = int(begin + MR < last ? MR : last - begin);
            const float* from = x + begin * ldx;
            if (w.kind == F32) products<float>(w, number, from, ldx, count, acc);
            else if (w.kind == BF16) products<bf16>(w, number, from, ldx, count, acc);
            else products8(w, number, q, begin, count, acc);
            const int64_t column = number * PAIR;
            for (int r = 0; r < count; r++) {
                float* sums = acc + r * PAIR;
                if (w.bias)
                    for (int i = 0; i < PAIR; i++) sums[i] += w.bias[column + i];
                float* to = y + (begin + r) * ldy;
                if (w.gated) {
                    for (int i = 0; i < NR; i += L) {
                        V gate = load(sums + i), up = load(sums + NR + i);
                        V away = gate < 0 ? gate : -gate;  // exp of what is not positive
                        V e = exp_of(away);
                        V sigmoid = (gate < 0 ? e : all(1.0f)) / (all(1.0f) + e);
                        V act = gate * sigmoid * up;
                        for (int j = 0; j < L && column / 2 + i + j < w.n / 2; j++) to[column / 2 + i + j] = act[j];
                    }
                } else {
                    const int64_t width = column + PAIR <= w.n ? PAIR : w.n - column;
                    if (adds)
                        for (int64_t i = 0; i < width; i++) to[column + i] += sums[i];
                    else
                        for (int64_t i = 0; i < width; i++) to[column + i] = sums[i];
                }
            }
        }
    });
}

void normalize(const float* x, const float* weight, int64_t n, float eps, float* y) {
    V squares = {};
    int64_t i = 0;
    for (; i + L <= n; i += L) {
        V v = load(x + i);
        squares += v * v;
    }
    float sum = sum_of(squares);
    for (; i < n; i++) sum += x[i] * x[i];
    float scale = 1 / std::sqrt(sum / n + eps);
    for (i = 0; i < n; i++) y[i] = x[i] * scale * weight[i];
}

// Rotate the two halves of a head against each other.
void rotate(float* x, const float* cosines, const float* sines, int64_t half) {
    for (int64_t i = 0; i < half; i++) {
        float a = x[i], b = x[i + half];
        x[i] = a * cosines[i] - b * sines[i];
        x[i + half] = b * cosines[i] + a * sines[i];
    }
}

template <class T> void write(const Decoder& d, const Layer& layer, int64_t slot, const float* key, const float* value) {
    const int64_t block = slot / NR, token = slot % NR, D = d.head_dim;
    for (int64_t h = 0; h < d.kv_heads; h++) {
        T* keys = (T*)layer.keys + (block * d.kv_heads + h) * D * NR;
        T* values = (T*)layer.values + (block * d.kv_heads + h) * D * NR;
        for (int64_t i = 0; i < D; i++) {
            narrow(key[h * D + i], keys[i * NR + place<T>(int(token))]);
            narrow(value[h * D + i], values[(i / NR * NR + token) * NR + place<T>(int(i % NR))]);
        }
    }
}

// `count` rows of queries (all heads of one KV head, one after the other), the r-th of which sees tokens
// [first(r), limits[r]). The scores of a row are in S [count][span], where column 0 is token `begin`.
template <class T>
void attend(const Decoder& d, const Layer& layer, const int32_t* table, int64_t head, int count, const float* q,
            const int64_t* limits, float* out) {
    static thread_local std::vector<float> buffer;
    const int64_t D = d.head_dim;
    int64_t least = limits[0], most = limits[0];
    for (int r = 1; r < count; r++) least = std::min(least, limits[r]), most = std::max(most, limits[r]);
    const int64_t first_block = layer.window && least > layer.window ? (least - layer.window) / NR : 0;
    const int64_t begin = first_block * NR, blocks = (most + NR - 1) / NR - first_block, span = blocks * NR;
    buffer.resize(count * span);
    float* S = buffer.data();
    memset(S, 0, sizeof(float) * count * span);
    auto keys = [&](int64_t b) { return (const T*)layer.keys + (table[first_block + b] * d.kv_heads + head) * D * NR; };
    auto values = [&](int64_t b) { return (const T*)layer.values + (table[first_block + b] * d.kv_heads + head) * D * NR; };
    for (int64_t b = 0; b < blocks; b++) {
        const T* panel = keys(b);
        for (int r = 0; r < count; r += MR)
            tiles<T>(std::min(MR, count - r), q + r * D, D, D, D, [&](int64_t) { return panel; }, S + r * span + b * NR, span);
    }
    for (int r = 0; r < count; r++) {
        float* row = S + r * span;
        const int64_t end = limits[r] - begin;
        const int64_t start = layer.window && limits[r] > layer.window ? limits[r] - layer.window - begin : 0;
        for (int64_t i = 0; i < start; i++) row[i] = -INFINITY;
        for (int64_t i = end; i < span; i++) row[i] = -INFINITY;
        V best = all(-INFINITY);
        for (int64_t i = 0; i < span; i += L) {
            V v = load(row + i);
            best = v > best ? v : best;
        }
        float top = best[0];
        for (int i = 1; i < L; i++) top = best[i] > top ? best[i] : top;
        V sum = {};
        for (int64_t i = 0; i < span; i += L) {
            V v = load(row + i);
            V p = exp_of(v - all(top));
            p = v == all(-INFINITY) ? V{} : p;
            p = v != v ? v : p;  // a NaN is never hidden
            store(row + i, p);
            sum += p;
        }
        float scale = 1 / sum_of(sum);
        for (int64_t i = 0; i < span; i += L) store(row + i, load(row + i) * all(scale));
    }
    memset(out, 0, sizeof(float) * count * D);
    for (int64_t part = 0; part < D; part += NR)
        for (int r = 0; r < count; r += MR)
            tiles<T>(std::min(MR, count - r), S + r * span, span, most - begin, NR,
                     [&](int64_t b) { return values(b) + part * NR; }, out + r * D + part, D);
}

constexpr int QUERIES = 4 * MR;  // rows of queries that look at a block together

template <class T>
void attention(Team& team, const Decoder& d, const Layer& layer, const Step& s, const float* qkv, int64_t stride, float* out) {
    const int64_t G = d.heads / d.kv_heads, D = d.head_dim;
    const int64_t rows_each = std::max<int64_t>(1, QUERIES / G);
    static thread_local std::vector<int64_t> pieces;  // chunk, first row in it
    pieces.clear();
    for (int64_t c = 0; c < s.chunks; c++)
        for (int64_t row = s.offsets[c]; row < s.offsets[c + 1]; row += rows_each) pieces.push_back(c), pieces.push_back(row);
    const int64_t* list = pieces.data();
    team.share(int64_t(pieces.size() / 2) * d.kv_heads, [&](int64_t item) {
        const int64_t head = item % d.kv_heads, c = list[item / d.kv_heads * 2], first = list[item / d.kv_heads * 2 + 1];
        const int64_t last = std::min(first + rows_each, s.offsets[c + 1]);
        static thread_local std::vector<float> queries, results;
        static thread_local std::vector<int64_t> limits;
        const int64_t count = (last - first) * G;
        queries.resize(count * D), results.resize(count * D), limits.resize(count);
        for (int64_t row = first; row < last; row++)
            for (int64_t g = 0; g < G; g++) {
                const int64_t r = (row - first) * G + g;
                limits[r] = s.contexts[c] - (s.offsets[c + 1] - 1 - row);
                const float* from = qkv + row * stride + (head * G + g) * D;
                for (int64_t i = 0; i < D; i++) queries[r * D + i] = from[i] * layer.scale;
            }
        attend<T>(d, layer, s.tables + c * s.width, head, int(count), queries.data(), limits.data(), results.data());
        for (int64_t row = first; row < last; row++)
            memcpy(out + (row * d.heads + head * G) * D, results.data() + (row - first) * G * D, sizeof(float) * G * D);
    });
}

enum Part { EMBEDDING, NORMS, POSITIONS, LINEARS, ATTENTION, PARTS };

// Tells the parts of a step apart: what has passed since the last call of `ends` was this part's.
class Watch {
  public:
    explicit Watch(int64_t* times) : times(times), begin(times ? now() : 0) {}
    void ends(Part part) {
        if (!times) return;
        const int64_t end = now();
        times[part] += end - begin;
        begin = end;
    }

  private:
    static int64_t now() {
        return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
    }
    int64_t* times;
    int64_t begin;
};

}  // namespace

extern "C" {

// y [rows][n] of x [rows][k].
void trivium_linear(void* team, const Linear* w, const float* x, int64_t rows, float* y) {
    linear(*(Team*)team, *w, x, w->k, rows, y, w->n, false);
}

// The last hidden states, [rows][hidden], of a step; its keys and values are in the cache afterwards.
void trivium_step(void* pool, const Decoder* decoder, const Step* step, float* out) {
    Team& team = *(Team*)pool;
    const Decoder& d = *decoder;
    const Step& s = *step;
    const int64_t H = d.hidden, D = d.head_dim, Q = d.heads * D, KV = d.kv_heads * D, stride = Q + 2 * KV;
    static thread_local std::vector<float> memory;
    memory.resize(s.rows * (2 * H + stride + Q + d.inner));
    float* x = memory.data();
    float* normed = x + s.rows * H;
    float* qkv = normed + s.rows * H;
    float* attended = qkv + s.rows * stride;
    float* inner = attended + s.rows * Q;
    Watch watch(s.times);
    each_row(team, s.rows, [&](int64_t r) {
        for (int64_t i = 0; i < H; i++)
            x[r * H + i] = d.embedding_kind == F32 ? ((const float*)d.embeddings)[s.ids[r] * H + i]
                                                   : widen(((const bf16*)d.embeddings)[s.ids[r] * H + i]);
    });
    watch.ends(EMBEDDING);
    for (int64_t l = 0; l < d.num_layers; l++) {
        const Layer& layer = d.layers[l];
        each_row(team, s.rows, [&](int64_t r) { normalize(x + r * H, layer.input_norm, H, d.eps, normed + r * H); });
        watch.ends(NORMS);
        linear(team, layer.qkv, normed, H, s.rows, qkv, stride, false);
        watch.ends(LINEARS);
        each_row(team, s.rows, [&](int64_t r) {
            float* row = qkv + r * stride;
            const float* cosines = d.cosines + s.positions[r] * (D / 2);
            const float* sines = d.sines + s.positions[r] * (D / 2);
            for (int64_t h = 0; h < d.heads + d.kv_heads; h++) {
                const float* norm = h < d.heads ? layer.q_norm : layer.k_norm;
                if (norm) normalize(row + h * D, norm, D, d.eps, row + h * D);
                rotate(row + h * D, cosines, sines, D / 2);
            }
            if (d.cache_kind == F32) write<float>(d, layer, s.slots[r], row + Q, row + Q + KV);
            else write<bf16>(d, layer, s.slots[r], row + Q, row + Q + KV);
        });
        watch.ends(POSITIONS);
        if (d.cache_kind == F32) attention<float>(team, d, layer, s, qkv, stride, attended);
        else attention<bf16>(team, d, layer, s, qkv, stride, attended);
        watch.ends(ATTENTION);
        linear(team, layer.o, attended, Q, s.rows, x, H, true);
        watch.ends(LINEARS);
        each_row(team, s.rows, [&](int64_t r) { normalize(x + r * H, layer.post_norm, H, d.eps, normed + r * H); });
        watch.ends(NORMS);
        linear(team, layer.up, normed, H, s.rows, inner, d.inner, false);
        linear(team, layer.down, inner, d.inner, s.rows, x, H, true);
        watch.ends(LINEARS);
    }
    each_row(team, s.rows, [&](int64_t r) { normalize(x + r * H, d.norm, H, d.eps, out + r * H); });
    watch.ends(NORMS);
}

}  // extern "C"
