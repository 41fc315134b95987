/*
 * The instructions of WebAssembly SIMD that kernels use, under the names of clang's wasm_simd128.h: the real ones in
 * WebAssembly, elsewhere C of the same meaning, so that the kernels run on any host under its sanitizers.
 * Loads and stores need no alignment. Where the host's C is used, lanes lie in memory order.
 */
#ifndef TSR_SIMD128_H
#define TSR_SIMD128_H

#include <stddef.h>
#include <stdint.h>
#include "tsr.h"

#define TSR_SIMD_INLINE static inline __attribute__((always_inline))

#ifdef __wasm_simd128__

#include <wasm_simd128.h>

/* Before a loop over registers: arrays of vectors become registers only where no loop is left. */
#define TSR_SIMD_UNROLL _Pragma("clang loop unroll(full)")

#else /* not WebAssembly */

#include <string.h>

#define TSR_SIMD_UNROLL

typedef struct v128_t {
  int8_t bytes[16];
} v128_t;

#define TSR_SIMD_LANES(type, count, vector, name) \
  type name[count];                               \
  memcpy(name, (vector).bytes, 16)

#define TSR_SIMD_RETURN(name)      \
  v128_t result_;                  \
  memcpy(result_.bytes, name, 16); \
  return result_

static inline v128_t wasm_v128_load(const void *from) {
  v128_t v;
  memcpy(v.bytes, from, 16);
  return v;
}
static inline void wasm_v128_store(void *to, v128_t v) { memcpy(to, v.bytes, 16); }

static inline v128_t wasm_v128_load32_zero(const void *from) {
  v128_t v = {{0}};
  memcpy(v.bytes, from, 4);
  return v;
}
static inline v128_t wasm_v128_load64_zero(const void *from) {
  v128_t v = {{0}};
  memcpy(v.bytes, from, 8);
  return v;
}
static inline v128_t wasm_v128_load32_splat(const void *from) {
  v128_t v;
  for (int32_t i = 0; i < 4; ++i) memcpy(v.bytes + 4 * i, from, 4);
  return v;
}
static inline v128_t wasm_i16x8_load8x8(const void *from) {
  int8_t bytes[8];
  int16_t lanes[8];
  memcpy(bytes, from, 8);
  for (int32_t i = 0; i < 8; ++i) lanes[i] = bytes[i];
  TSR_SIMD_RETURN(lanes);
}

#define wasm_i8x16_extract_lane(v, lane) ((v).bytes[lane])
#define wasm_v128_store64_lane(to, v, lane) memcpy((to), (v).bytes + 8 * (lane), 8)
#define wasm_v128_store32_lane(to, v, lane) memcpy((to), (v).bytes + 4 * (lane), 4)

static inline v128_t wasm_i8x16_splat(int8_t x) {
  v128_t v;
  for (int32_t i = 0; i < 16; ++i) v.bytes[i] = x;
  return v;
}
static inline v128_t wasm_i16x8_splat(int16_t x) {
  int16_t lanes[8];
  for (int32_t i = 0; i < 8; ++i) lanes[i] = x;
  TSR_SIMD_RETURN(lanes);
}
static inline v128_t wasm_i32x4_splat(int32_t x) {
  int32_t lanes[4];
  for (int32_t i = 0; i < 4; ++i) lanes[i] = x;
  TSR_SIMD_RETURN(lanes);
}

/* Sums wrap, as the instructions do. */
#define TSR_SIMD_WRAPPING(name, type, unsigned_type, count, operator)                                   \
  static inline v128_t name(v128_t a, v128_t b) {                                                       \
    TSR_SIMD_LANES(type, count, a, x);                                                                  \
    TSR_SIMD_LANES(type, count, b, y);                                                                  \
    for (int32_t i = 0; i < count; ++i) x[i] = (type)((unsigned_type)x[i] operator (unsigned_type)y[i]); \
    TSR_SIMD_RETURN(x);                                                                                 \
  }
TSR_SIMD_WRAPPING(wasm_i32x4_add, int32_t, uint32_t, 4, +)
TSR_SIMD_WRAPPING(wasm_i32x4_sub, int32_t, uint32_t, 4, -)
TSR_SIMD_WRAPPING(wasm_i32x4_mul, int32_t, uint32_t, 4, *)
TSR_SIMD_WRAPPING(wasm_i16x8_add, int16_t, uint32_t, 8, +)
TSR_SIMD_WRAPPING(wasm_i16x8_sub, int16_t, uint32_t, 8, -)
TSR_SIMD_WRAPPING(wasm_i16x8_mul, int16_t, uint32_t, 8, *)
TSR_SIMD_WRAPPING(wasm_i8x16_sub, int8_t, uint32_t, 16, -)
TSR_SIMD_WRAPPING(wasm_v128_or, int32_t, uint32_t, 4, |)
TSR_SIMD_WRAPPING(wasm_v128_xor, int32_t, uint32_t, 4, ^)

static inline v128_t wasm_i32x4_shl(v128_t a, int32_t bits) {
  TSR_SIMD_LANES(uint32_t, 4, a, x);
  for (int32_t i = 0; i < 4; ++i) x[i] <<= bits & 31;
  TSR_SIMD_RETURN(x);
}
static inline v128_t wasm_i32x4_shr(v128_t a, int32_t bits) {
  TSR_SIMD_LANES(int32_t, 4, a, x);
  for (int32_t i = 0; i < 4; ++i) x[i] >>= bits & 31;
  TSR_SIMD_RETURN(x);
}
static inline v128_t wasm_u32x4_shr(v128_t a, int32_t bits) {
  TSR_SIMD_LANES(uint32_t, 4, a, x);
  for (int32_t i = 0; i < 4; ++i) x[i] >>= bits & 31;
  TSR_SIMD_RETURN(x);
}
/* All bits of a lane where a >= b, none where not. */
static inline v128_t wasm_i32x4_ge(v128_t a, v128_t b) {
  TSR_SIMD_LANES(int32_t, 4, a, x);
  TSR_SIMD_LANES(int32_t, 4, b, y);
  for (int32_t i = 0; i < 4; ++i) x[i] = x[i] >= y[i] ? -1 : 0;
  TSR_SIMD_RETURN(x);
}
static inline v128_t wasm_i16x8_shl(v128_t a, int32_t bits) {
  TSR_SIMD_LANES(uint16_t, 8, a, x);
  for (int32_t i = 0; i < 8; ++i) x[i] = (uint16_t)((uint32_t)x[i] << (bits & 15));
  TSR_SIMD_RETURN(x);
}

/* Lane i: a[2i] * b[2i] + a[2i + 1] * b[2i + 1]. */
static inline v128_t wasm_i32x4_dot_i16x8(v128_t a, v128_t b) {
  TSR_SIMD_LANES(int16_t, 8, a, x);
  TSR_SIMD_LANES(int16_t, 8, b, y);
  int32_t sums[4];
  for (int32_t i = 0; i < 4; ++i) {
    sums[i] = (int32_t)((uint32_t)(x[2 * i] * y[2 * i]) + (uint32_t)(x[2 * i + 1] * y[2 * i + 1]));
  }
  TSR_SIMD_RETURN(sums);
}

static inline v128_t wasm_i64x2_extmul_low_i32x4(v128_t a, v128_t b) {
  TSR_SIMD_LANES(int32_t, 4, a, x);
  TSR_SIMD_LANES(int32_t, 4, b, y);
  const int64_t products[2] = {(int64_t)x[0] * y[0], (int64_t)x[1] * y[1]};
  TSR_SIMD_RETURN(products);
}
static inline v128_t wasm_i64x2_extmul_high_i32x4(v128_t a, v128_t b) {
  TSR_SIMD_LANES(int32_t, 4, a, x);
  TSR_SIMD_LANES(int32_t, 4, b, y);
  const int64_t products[2] = {(int64_t)x[2] * y[2], (int64_t)x[3] * y[3]};
  TSR_SIMD_RETURN(products);
}

static inline v128_t wasm_i32x4_extend_low_i16x8(v128_t a) {
  TSR_SIMD_LANES(int16_t, 8, a, x);
  const int32_t lanes[4] = {x[0], x[1], x[2], x[3]};
  TSR_SIMD_RETURN(lanes);
}
static inline v128_t wasm_i32x4_extend_high_i16x8(v128_t a) {
  TSR_SIMD_LANES(int16_t, 8, a, x);
  const int32_t lanes[4] = {x[4], x[5], x[6], x[7]};
  TSR_SIMD_RETURN(lanes);
}
static inline v128_t wasm_i16x8_extend_low_i8x16(v128_t a) { return wasm_i16x8_load8x8(a.bytes); }
static inline v128_t wasm_i16x8_extend_high_i8x16(v128_t a) { return wasm_i16x8_load8x8(a.bytes + 8); }

/* Narrowing saturates. */
static inline v128_t wasm_i16x8_narrow_i32x4(v128_t a, v128_t b) {
  TSR_SIMD_LANES(int32_t, 4, a, x);
  TSR_SIMD_LANES(int32_t, 4, b, y);
  int16_t lanes[8];
  for (int32_t i = 0; i < 8; ++i) {
    const int32_t value = i < 4 ? x[i] : y[i - 4];
    lanes[i] = (int16_t)tsr_max(tsr_min(value, 32767), -32768);
  }
  TSR_SIMD_RETURN(lanes);
}
static inline v128_t wasm_i8x16_narrow_i16x8(v128_t a, v128_t b) {
  TSR_SIMD_LANES(int16_t, 8, a, x);
  TSR_SIMD_LANES(int16_t, 8, b, y);
  v128_t v;
  for (int32_t i = 0; i < 16; ++i) {
    const int32_t value = i < 8 ? x[i] : y[i - 8];
    v.bytes[i] = (int8_t)tsr_max(tsr_min(value, 127), -128);
  }
  return v;
}

static inline v128_t wasm_i8x16_min(v128_t a, v128_t b) {
  for (int32_t i = 0; i < 16; ++i) a.bytes[i] = a.bytes[i] < b.bytes[i] ? a.bytes[i] : b.bytes[i];
  return a;
}
static inline v128_t wasm_i8x16_max(v128_t a, v128_t b) {
  for (int32_t i = 0; i < 16; ++i) a.bytes[i] = a.bytes[i] > b.bytes[i] ? a.bytes[i] : b.bytes[i];
  return a;
}

/* The bytes of a table of 16 at the indices of a vector, 0 where an index is 16 or more. */
static inline v128_t wasm_i8x16_swizzle(v128_t table, v128_t indices) {
  for (int32_t i = 0; i < 16; ++i) {
    const uint8_t index = (uint8_t)indices.bytes[i];
    indices.bytes[i] = index < 16 ? table.bytes[index] : 0;
  }
  return indices;
}

/* Lane i of the result is lane `i` of both operands in a row. */
static inline v128_t tsr_simd_shuffle(v128_t a, v128_t b, int32_t count, const int32_t *lanes) {
  int8_t both[32];
  v128_t v;
  const size_t bytes = (size_t)(16 / count);
  memcpy(both, a.bytes, 16);
  memcpy(both + 16, b.bytes, 16);
  for (int32_t i = 0; i < count; ++i) {
    memcpy(v.bytes + (size_t)i * bytes, both + (size_t)lanes[i] * bytes, bytes);
  }
  return v;
}
#define wasm_i32x4_shuffle(a, b, c0, c1, c2, c3) tsr_simd_shuffle(a, b, 4, (const int32_t[]){c0, c1, c2, c3})
#define wasm_i8x16_shuffle(a, b, c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15) \
  tsr_simd_shuffle(a, b, 16, (const int32_t[]){c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15})

#endif

/* 4 bytes, of which the low ones come first. */
TSR_SIMD_INLINE void tsr_simd_store_word(void *to, uint32_t word) {
  wasm_v128_store32_lane(to, wasm_i32x4_splat((int32_t)word), 0);
}

/* The first 4 bytes of both by turns, as 16-bit lanes. */
TSR_SIMD_INLINE v128_t tsr_simd_interleave(v128_t a, v128_t b) {
  return wasm_i16x8_extend_low_i8x16(
      wasm_i8x16_shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
}

/* The high words of acc * multiplier, lane by lane: what tsr_requantize begins with. */
TSR_SIMD_INLINE v128_t tsr_simd_multiply_high(v128_t acc, v128_t multiplier) {
  const v128_t low = wasm_i64x2_extmul_low_i32x4(acc, multiplier);
  const v128_t high = wasm_i64x2_extmul_high_i32x4(acc, multiplier);
  return wasm_i32x4_shuffle(low, high, 1, 3, 5, 7);
}

/* What the lanes of a vector of accumulators share on their way to output steps. */
typedef struct tsr_simd_range {
  v128_t pre_scale; /* 4 lanes of 32 bits: a multiplication costs less than a branch where it is 1 */
  v128_t offset;    /* 4 lanes of 32 bits */
  v128_t min;       /* 16 lanes of 8 bits */
  v128_t max;
  int32_t shift;
} tsr_simd_range;

TSR_SIMD_INLINE tsr_simd_range tsr_simd_range_of(int32_t pre_scale, int32_t offset, int32_t shift, int32_t min,
                                                 int32_t max) {
  const tsr_simd_range range = {
      .pre_scale = wasm_i32x4_splat(pre_scale),
      .offset = wasm_i32x4_splat(offset),
      .min = wasm_i8x16_splat((int8_t)min),
      .max = wasm_i8x16_splat((int8_t)max),
      .shift = shift,
  };
  return range;
}

/* tsr_requantize of 4 lanes, without the clamp. */
TSR_SIMD_INLINE v128_t tsr_simd_scale(v128_t acc, v128_t multiplier, const tsr_simd_range *range) {
  const v128_t high = tsr_simd_multiply_high(wasm_i32x4_mul(acc, range->pre_scale), multiplier);
  return wasm_i32x4_shr(wasm_i32x4_add(high, range->offset), range->shift);
}

/* 16 scaled lanes as output steps. */
TSR_SIMD_INLINE v128_t tsr_simd_clamp(v128_t a, v128_t b, v128_t c, v128_t d, const tsr_simd_range *range) {
  const v128_t bytes = wasm_i8x16_narrow_i16x8(wasm_i16x8_narrow_i32x4(a, b), wasm_i16x8_narrow_i32x4(c, d));
  return wasm_i8x16_min(wasm_i8x16_max(bytes, range->min), range->max);
}

#endif
