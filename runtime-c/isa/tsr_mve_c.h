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

TSR_MVE_INLINE int32_t tsr_mve_c_dot(int32_t sum, const int8_t *a, const int8_t *w, int32_t count) {
  for (int32_t i = 0; i < count; ++i) sum = tsr_mve_c_add(sum, a[i] * w[i]);
  return sum;
}

TSR_MVE_INLINE void tsr_mve_c_tile(const tsr_mve_tile *tile, int32_t groups, int8_t *out, int32_t pixels,
                                   int32_t further) {
  const int32_t run_bytes = tile->runs == 1 && tile->blocks == 1 && pixels > 1 ? tile->row_bytes : 16 * tile->blocks;
  for (int32_t c = 0; c < 4 * groups; ++c) {
    const int32_t *stream = tile->stream + c / 4 * 8 + c % 4;
    for (int32_t i = 0; i < pixels; ++i) {
      int32_t sum = stream[0];
      for (int32_t run = 0; run < tile->runs; ++run) {
        const int8_t *from = tile->windows[3 * run + i] + further;
        sum = tsr_mve_c_dot(sum, from, tile->weights + c * tile->row_bytes + run * run_bytes, run_bytes);
      }
      out[(i == 0 ? 0 : tile->apart[i - 1]) + c] =
          tsr_requantize(sum, 2 * stream[4], tile->offset, tile->shift, tile->min, tile->max);
    }
  }
}

TSR_MVE_INLINE void tsr_mve_tile_3x4(const tsr_mve_tile *tile, int32_t groups, int8_t *out, int32_t times) {
  for (int32_t i = 0; i < times; ++i) tsr_mve_c_tile(tile, groups, out + i * tile->advance[1], 3, i * tile->advance[0]);
}

TSR_MVE_INLINE void tsr_mve_tile_1x4(const tsr_mve_tile *tile, int32_t groups, int8_t *out) {
  tsr_mve_c_tile(tile, groups, out, 1, 0);
}

/* sums[j] += the dot product of `count` bytes, at least one, from a with as many from w_j. */
TSR_MVE_INLINE void tsr_mve_dot_1x4(int32_t *sums, const int8_t *a, const int8_t *w0, const int8_t *w1,
                                    const int8_t *w2, const int8_t *w3, int32_t count) {
  sums[0] = tsr_mve_c_dot(sums[0], a, w0, count);
  sums[1] = tsr_mve_c_dot(sums[1], a, w1, count);
  sums[2] = tsr_mve_c_dot(sums[2], a, w2, count);
  sums[3] = tsr_mve_c_dot(sums[3], a, w3, count);
}

/* Copies `bytes` bytes, 1 to 16, `count` times: from places `from_step` apart to places `to_step` apart. */
TSR_MVE_INLINE void tsr_mve_copy_parts(int8_t *to, const int8_t *from, int32_t bytes, int32_t count, int32_t to_step,
                                       int32_t from_step) {
  for (int32_t i = 0; i < count; ++i) {
    for (int32_t j = 0; j < bytes; ++j) to[i * to_step + j] = from[i * from_step + j];
  }
}

TSR_MVE_INLINE void tsr_mve_zero_parts(int8_t *to, int32_t bytes, int32_t count, int32_t to_step) {
  for (int32_t i = 0; i < count; ++i) {
    for (int32_t j = 0; j < bytes; ++j) to[i * to_step + j] = 0;
  }
}

TSR_MVE_INLINE void tsr_mve_turn_3(int8_t *to, const int8_t *r0, const int8_t *r1, const int8_t *r2, int32_t s0, int32_t s1,
                                   int32_t s2, int32_t count, int32_t lanes) {
  for (int32_t x = 0; x < count; ++x) {
    for (int32_t c = 0; c < 16; ++c) {
      int8_t *channel = to + 64 * x + 4 * c;
      channel[0] = c < lanes ? r0[x * s0 + c] : 0;
      channel[1] = c < lanes ? r1[x * s1 + c] : 0;
      channel[2] = c < lanes ? r2[x * s2 + c] : 0;
      channel[3] = (int8_t)x;
    }
  }
}

TSR_MVE_INLINE void tsr_mve_depthwise_3x3(const tsr_mve_depthwise *p, const int8_t *turned, const int8_t *weights,
                                          const int32_t *stream, int8_t *out, int32_t groups, int32_t count) {
  for (int32_t x = 0; x < count; ++x) {
    for (int32_t c = 0; c < 4 * groups; ++c) {
      const int32_t *four = stream + c / 4 * 8 + c % 4;
      int32_t sum = four[0];
      for (int32_t column = 0; column < 4; ++column) {
        const int8_t *taps = turned + 64 * x * p->stride_w + tsr_mve_columns[column] + 4 * c;
        for (int32_t row = 0; row < 3 && column < 3; ++row) {
          sum = tsr_mve_c_add(sum, taps[row] * weights[9 * c + tsr_mve_spread[4 * column + row]]);
        }
      }
      out[x * p->out_pixel + c] = tsr_requantize(sum, 2 * four[4], p->offset, p->shift, p->min, p->max);
    }
  }
}

TSR_MVE_INLINE void tsr_mve_depthwise_pairs(int32_t *sums, const int8_t *const *taps, int32_t c, const int8_t *weights,
                                            int32_t pairs) {
  static const int32_t offsets[4] = {0, 2, 1, 3};
  for (int32_t k = 0; k < 4; ++k) {
    for (int32_t i = 0; i < 4; ++i) {
      const int32_t lane = 4 * i + offsets[k];
      int32_t sum = 0;
      for (int32_t tap = 0; tap < 2 * pairs; tap += 2) {
        /* 16 bits, as the instructions' sums of two. */
        sum += (int16_t)(taps[tap][c + lane] * weights[16 * tap + lane] +
                         taps[tap + 1][c + lane] * weights[16 * tap + 16 + lane]);
      }
      sums[4 * k + i] = sum;
    }
  }
}

#endif

#endif
