/* tsr_mve.h on machines without Helium: each function as its instruction, lane by lane. */
#ifndef TSR_MVE_C_H
#define TSR_MVE_C_H

#if !defined(__ARM_FEATURE_MVE)

#include "tsr.h"

#define TSR_MVE_INLINE static inline

typedef struct tsr_mve_s8 {
  int8_t lane[16];
} tsr_mve_s8;
typedef struct tsr_mve_s16 {
  int16_t lane[8];
} tsr_mve_s16;
typedef struct tsr_mve_s32 {
  int32_t lane[4];
} tsr_mve_s32;

/* Sums and products wrap around, which signed arithmetic in C must not. */
TSR_MVE_INLINE int32_t tsr_mve_c_add(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }
TSR_MVE_INLINE int32_t tsr_mve_c_multiply(int32_t a, int32_t b) { return (int32_t)((uint32_t)a * (uint32_t)b); }
TSR_MVE_INLINE int32_t tsr_mve_c_limit(int32_t value, int32_t bits) {
  const int32_t most = (1 << (bits - 1)) - 1;
  return tsr_max(-most - 1, tsr_min(most, value));
}

TSR_MVE_INLINE tsr_mve_s8 tsr_mve_load_part_s8(const int8_t *from, int32_t count) {
  tsr_mve_s8 v;
  for (int32_t i = 0; i < 16; ++i) v.lane[i] = i < count ? from[i] : 0;
  return v;
}
TSR_MVE_INLINE tsr_mve_s8 tsr_mve_load_s8(const int8_t *from) { return tsr_mve_load_part_s8(from, 16); }
TSR_MVE_INLINE void tsr_mve_store_part_s8(int8_t *to, tsr_mve_s8 v, int32_t count) {
  for (int32_t i = 0; i < 16 && i < count; ++i) to[i] = v.lane[i];
}
TSR_MVE_INLINE void tsr_mve_store_s8(int8_t *to, tsr_mve_s8 v) { tsr_mve_store_part_s8(to, v, 16); }
TSR_MVE_INLINE tsr_mve_s8 tsr_mve_all_s8(int32_t value) {
  tsr_mve_s8 v;
  for (int32_t i = 0; i < 16; ++i) v.lane[i] = (int8_t)value;
  return v;
}
TSR_MVE_INLINE tsr_mve_s8 tsr_mve_max_s8(tsr_mve_s8 a, tsr_mve_s8 b) {
  tsr_mve_s8 v;
  for (int32_t i = 0; i < 16; ++i) v.lane[i] = a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i];
  return v;
}
TSR_MVE_INLINE tsr_mve_s8 tsr_mve_min_s8(tsr_mve_s8 a, tsr_mve_s8 b) {
  tsr_mve_s8 v;
  for (int32_t i = 0; i < 16; ++i) v.lane[i] = a.lane[i] < b.lane[i] ? a.lane[i] : b.lane[i];
  return v;
}

/* Products of the even, or of the odd lanes. */
TSR_MVE_INLINE tsr_mve_s16 tsr_mve_multiply_even_s8(tsr_mve_s8 a, tsr_mve_s8 b) {
  tsr_mve_s16 v;
  for (int32_t i = 0; i < 8; ++i) v.lane[i] = (int16_t)(a.lane[2 * i] * b.lane[2 * i]);
  return v;
}
TSR_MVE_INLINE tsr_mve_s16 tsr_mve_multiply_odd_s8(tsr_mve_s8 a, tsr_mve_s8 b) {
  tsr_mve_s16 v;
  for (int32_t i = 0; i < 8; ++i) v.lane[i] = (int16_t)(a.lane[2 * i + 1] * b.lane[2 * i + 1]);
  return v;
}
TSR_MVE_INLINE tsr_mve_s16 tsr_mve_even_s8(tsr_mve_s8 a) {
  tsr_mve_s16 v;
  for (int32_t i = 0; i < 8; ++i) v.lane[i] = a.lane[2 * i];
  return v;
}
TSR_MVE_INLINE tsr_mve_s16 tsr_mve_odd_s8(tsr_mve_s8 a) {
  tsr_mve_s16 v;
  for (int32_t i = 0; i < 8; ++i) v.lane[i] = a.lane[2 * i + 1];
  return v;
}
/* Eight bytes, each as a half word; and the low bytes of even lanes and odd lanes, alternating. */
TSR_MVE_INLINE tsr_mve_s16 tsr_mve_load_bytes_s16(const int8_t *from) {
  tsr_mve_s16 v;
  for (int32_t i = 0; i < 8; ++i) v.lane[i] = from[i];
  return v;
}
TSR_MVE_INLINE void tsr_mve_store_alternating(int8_t *to, tsr_mve_s32 even, tsr_mve_s32 odd) {
  for (int32_t i = 0; i < 4; ++i) {
    to[2 * i] = (int8_t)even.lane[i];
    to[2 * i + 1] = (int8_t)odd.lane[i];
  }
}
TSR_MVE_INLINE tsr_mve_s16 tsr_mve_all_s16(int32_t value) {
  tsr_mve_s16 v;
  for (int32_t i = 0; i < 8; ++i) v.lane[i] = (int16_t)value;
  return v;
}
TSR_MVE_INLINE tsr_mve_s16 tsr_mve_add_s16(tsr_mve_s16 a, tsr_mve_s16 b) {
  tsr_mve_s16 v;
  for (int32_t i = 0; i < 8; ++i) v.lane[i] = (int16_t)(a.lane[i] + b.lane[i]);
  return v;
}
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_even_s16(tsr_mve_s16 a) {
  tsr_mve_s32 v;
  for (int32_t i = 0; i < 4; ++i) v.lane[i] = a.lane[2 * i];
  return v;
}
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_odd_s16(tsr_mve_s16 a) {
  tsr_mve_s32 v;
  for (int32_t i = 0; i < 4; ++i) v.lane[i] = a.lane[2 * i + 1];
  return v;
}

TSR_MVE_INLINE tsr_mve_s32 tsr_mve_load_part_s32(const int32_t *from, int32_t count) {
  tsr_mve_s32 v;
  for (int32_t i = 0; i < 4; ++i) v.lane[i] = i < count ? from[i] : 0;
  return v;
}
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_load_s32(const int32_t *from) { return tsr_mve_load_part_s32(from, 4); }
TSR_MVE_INLINE void tsr_mve_store_part_s32(int32_t *to, tsr_mve_s32 v, int32_t count) {
  for (int32_t i = 0; i < 4 && i < count; ++i) to[i] = v.lane[i];
}
TSR_MVE_INLINE void tsr_mve_store_s32(int32_t *to, tsr_mve_s32 v) { tsr_mve_store_part_s32(to, v, 4); }
/* Four bytes, each as a word; and the low bytes of four words. */
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_load_part_bytes(const int8_t *from, int32_t count) {
  tsr_mve_s32 v;
  for (int32_t i = 0; i < 4; ++i) v.lane[i] = i < count ? from[i] : 0;
  return v;
}
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_load_bytes(const int8_t *from) { return tsr_mve_load_part_bytes(from, 4); }
TSR_MVE_INLINE void tsr_mve_store_part_bytes(int8_t *to, tsr_mve_s32 v, int32_t count) {
  for (int32_t i = 0; i < 4 && i < count; ++i) to[i] = (int8_t)v.lane[i];
}
TSR_MVE_INLINE void tsr_mve_store_bytes(int8_t *to, tsr_mve_s32 v) { tsr_mve_store_part_bytes(to, v, 4); }
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_all_s32(int32_t value) {
  tsr_mve_s32 v;
  for (int32_t i = 0; i < 4; ++i) v.lane[i] = value;
  return v;
}
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_add_s32(tsr_mve_s32 a, tsr_mve_s32 b) {
  tsr_mve_s32 v;
  for (int32_t i = 0; i < 4; ++i) v.lane[i] = tsr_mve_c_add(a.lane[i], b.lane[i]);
  return v;
}
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_add_all_s32(tsr_mve_s32 a, int32_t b) {
  tsr_mve_s32 v;
  for (int32_t i = 0; i < 4; ++i) v.lane[i] = tsr_mve_c_add(a.lane[i], b);
  return v;
}
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_multiply_s32(tsr_mve_s32 a, tsr_mve_s32 b) {
  tsr_mve_s32 v;
  for (int32_t i = 0; i < 4; ++i) v.lane[i] = tsr_mve_c_multiply(a.lane[i], b.lane[i]);
  return v;
}
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_multiply_all_s32(tsr_mve_s32 a, int32_t b) {
  tsr_mve_s32 v;
  for (int32_t i = 0; i < 4; ++i) v.lane[i] = tsr_mve_c_multiply(a.lane[i], b);
  return v;
}
/* sum + a * b */
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_multiply_add_s32(tsr_mve_s32 sum, tsr_mve_s32 a, int32_t b) {
  tsr_mve_s32 v;
  for (int32_t i = 0; i < 4; ++i) v.lane[i] = tsr_mve_c_add(sum.lane[i], tsr_mve_c_multiply(a.lane[i], b));
  return v;
}
/* a * b + sum */
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_multiply_add_all_s32(tsr_mve_s32 a, tsr_mve_s32 b, int32_t sum) {
  tsr_mve_s32 v;
  for (int32_t i = 0; i < 4; ++i) v.lane[i] = tsr_mve_c_add(tsr_mve_c_multiply(a.lane[i], b.lane[i]), sum);
  return v;
}
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_max_s32(tsr_mve_s32 a, tsr_mve_s32 b) {
  tsr_mve_s32 v;
  for (int32_t i = 0; i < 4; ++i) v.lane[i] = tsr_max(a.lane[i], b.lane[i]);
  return v;
}
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_min_s32(tsr_mve_s32 a, tsr_mve_s32 b) {
  tsr_mve_s32 v;
  for (int32_t i = 0; i < 4; ++i) v.lane[i] = tsr_min(a.lane[i], b.lane[i]);
  return v;
}
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_shift_right(tsr_mve_s32 a, int32_t by) {
  tsr_mve_s32 v;
  for (int32_t i = 0; i < 4; ++i) v.lane[i] = a.lane[i] >> by;
  return v;
}
/* floor(2 * a * b / 2^32) + c */
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_double_multiply_high_add(tsr_mve_s32 a, tsr_mve_s32 b, int32_t c) {
  tsr_mve_s32 v;
  for (int32_t i = 0; i < 4; ++i) v.lane[i] = tsr_mve_c_add((int32_t)((2 * (int64_t)a.lane[i] * b.lane[i]) >> 32), c);
  return v;
}

/* v / 2^by, rounded down, limited to int8; `by` is at most 31. */
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_shift_to_byte(tsr_mve_s32 a, int32_t by) {
  tsr_mve_s32 v;
  for (int32_t i = 0; i < 4; ++i) v.lane[i] = tsr_mve_c_limit(a.lane[i] >> by, 8);
  return v;
}

/* The entries of a table of 256 bytes at v + 128. */
TSR_MVE_INLINE tsr_mve_s8 tsr_mve_lookup(const int8_t *table, tsr_mve_s8 a) {
  tsr_mve_s8 v;
  for (int32_t i = 0; i < 16; ++i) v.lane[i] = table[a.lane[i] + 128];
  return v;
}

/* 16 bytes from four vectors, limited to int8: byte i of words[k] becomes byte 4 * i + {0, 2, 1, 3}[k]. */
TSR_MVE_INLINE tsr_mve_s8 tsr_mve_narrow(tsr_mve_s32 w0, tsr_mve_s32 w1, tsr_mve_s32 w2, tsr_mve_s32 w3) {
  tsr_mve_s8 v;
  for (int32_t i = 0; i < 4; ++i) {
    v.lane[4 * i] = (int8_t)tsr_mve_c_limit(w0.lane[i], 8);
    v.lane[4 * i + 2] = (int8_t)tsr_mve_c_limit(w1.lane[i], 8);
    v.lane[4 * i + 1] = (int8_t)tsr_mve_c_limit(w2.lane[i], 8);
    v.lane[4 * i + 3] = (int8_t)tsr_mve_c_limit(w3.lane[i], 8);
  }
  return v;
}

/* Four words as a vector. */
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_words(int32_t w0, int32_t w1, int32_t w2, int32_t w3) {
  const tsr_mve_s32 v = {{w0, w1, w2, w3}};
  return v;
}

/* The sum of the products of all lanes. */
TSR_MVE_INLINE int32_t tsr_mve_dot_add(int32_t sum, tsr_mve_s8 a, tsr_mve_s8 b) {
  for (int32_t i = 0; i < 16; ++i) sum = tsr_mve_c_add(sum, a.lane[i] * b.lane[i]);
  return sum;
}
TSR_MVE_INLINE int32_t tsr_mve_dot(tsr_mve_s8 a, tsr_mve_s8 b) { return tsr_mve_dot_add(0, a, b); }

#endif

#endif
