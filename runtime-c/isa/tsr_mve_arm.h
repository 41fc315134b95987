/* tsr_mve.h on machines that have Helium. */
#ifndef TSR_MVE_ARM_H
#define TSR_MVE_ARM_H

#if defined(__ARM_FEATURE_MVE)

#include <arm_mve.h>
#include <stdint.h>

#define TSR_MVE_INLINE static inline __attribute__((always_inline))

typedef int8x16_t tsr_mve_s8;
typedef int16x8_t tsr_mve_s16;
typedef int32x4_t tsr_mve_s32;

TSR_MVE_INLINE tsr_mve_s8 tsr_mve_load_s8(const int8_t *from) { return vldrbq_s8(from); }
TSR_MVE_INLINE tsr_mve_s8 tsr_mve_load_part_s8(const int8_t *from, int32_t count) {
  return vldrbq_z_s8(from, vctp8q((uint32_t)count));
}
TSR_MVE_INLINE void tsr_mve_store_s8(int8_t *to, tsr_mve_s8 v) { vstrbq_s8(to, v); }
TSR_MVE_INLINE void tsr_mve_store_part_s8(int8_t *to, tsr_mve_s8 v, int32_t count) {
  vstrbq_p_s8(to, v, vctp8q((uint32_t)count));
}
TSR_MVE_INLINE tsr_mve_s8 tsr_mve_all_s8(int32_t value) { return vdupq_n_s8((int8_t)value); }
TSR_MVE_INLINE tsr_mve_s8 tsr_mve_max_s8(tsr_mve_s8 a, tsr_mve_s8 b) { return vmaxq_s8(a, b); }
TSR_MVE_INLINE tsr_mve_s8 tsr_mve_min_s8(tsr_mve_s8 a, tsr_mve_s8 b) { return vminq_s8(a, b); }

/* Products of the even, or of the odd lanes. */
TSR_MVE_INLINE tsr_mve_s16 tsr_mve_multiply_even_s8(tsr_mve_s8 a, tsr_mve_s8 b) { return vmullbq_int_s8(a, b); }
TSR_MVE_INLINE tsr_mve_s16 tsr_mve_multiply_odd_s8(tsr_mve_s8 a, tsr_mve_s8 b) { return vmulltq_int_s8(a, b); }
TSR_MVE_INLINE tsr_mve_s16 tsr_mve_even_s8(tsr_mve_s8 v) { return vmovlbq_s8(v); }
TSR_MVE_INLINE tsr_mve_s16 tsr_mve_odd_s8(tsr_mve_s8 v) { return vmovltq_s8(v); }
/* Eight bytes, each as a half word; and the low bytes of even lanes and odd lanes, alternating. */
TSR_MVE_INLINE tsr_mve_s16 tsr_mve_load_bytes_s16(const int8_t *from) { return vldrbq_s16(from); }
TSR_MVE_INLINE void tsr_mve_store_alternating(int8_t *to, int32x4_t even, int32x4_t odd) {
  vstrbq_s16(to, vmovntq_s32(vreinterpretq_s16_s32(even), odd));
}
TSR_MVE_INLINE tsr_mve_s16 tsr_mve_all_s16(int32_t value) { return vdupq_n_s16((int16_t)value); }
TSR_MVE_INLINE tsr_mve_s16 tsr_mve_add_s16(tsr_mve_s16 a, tsr_mve_s16 b) { return vaddq_s16(a, b); }
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_even_s16(tsr_mve_s16 v) { return vmovlbq_s16(v); }
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_odd_s16(tsr_mve_s16 v) { return vmovltq_s16(v); }

TSR_MVE_INLINE tsr_mve_s32 tsr_mve_load_s32(const int32_t *from) { return vldrwq_s32(from); }
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_load_part_s32(const int32_t *from, int32_t count) {
  return vldrwq_z_s32(from, vctp32q((uint32_t)count));
}
TSR_MVE_INLINE void tsr_mve_store_s32(int32_t *to, tsr_mve_s32 v) { vstrwq_s32(to, v); }
TSR_MVE_INLINE void tsr_mve_store_part_s32(int32_t *to, tsr_mve_s32 v, int32_t count) {
  vstrwq_p_s32(to, v, vctp32q((uint32_t)count));
}
/* Four bytes, each as a word; and the low bytes of four words. */
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_load_bytes(const int8_t *from) { return vldrbq_s32(from); }
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_load_part_bytes(const int8_t *from, int32_t count) {
  return vldrbq_z_s32(from, vctp32q((uint32_t)count));
}
TSR_MVE_INLINE void tsr_mve_store_bytes(int8_t *to, tsr_mve_s32 v) { vstrbq_s32(to, v); }
TSR_MVE_INLINE void tsr_mve_store_part_bytes(int8_t *to, tsr_mve_s32 v, int32_t count) {
  vstrbq_p_s32(to, v, vctp32q((uint32_t)count));
}
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_all_s32(int32_t value) { return vdupq_n_s32(value); }
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_add_s32(tsr_mve_s32 a, tsr_mve_s32 b) { return vaddq_s32(a, b); }
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_add_all_s32(tsr_mve_s32 a, int32_t b) { return vaddq_n_s32(a, b); }
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_multiply_s32(tsr_mve_s32 a, tsr_mve_s32 b) { return vmulq_s32(a, b); }
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_multiply_all_s32(tsr_mve_s32 a, int32_t b) { return vmulq_n_s32(a, b); }
/* sum + a * b */
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_multiply_add_s32(tsr_mve_s32 sum, tsr_mve_s32 a, int32_t b) {
  return vmlaq_n_s32(sum, a, b);
}
/* a * b + sum */
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_multiply_add_all_s32(tsr_mve_s32 a, tsr_mve_s32 b, int32_t sum) {
  return vmlasq_n_s32(a, b, sum);
}
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_max_s32(tsr_mve_s32 a, tsr_mve_s32 b) { return vmaxq_s32(a, b); }
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_min_s32(tsr_mve_s32 a, tsr_mve_s32 b) { return vminq_s32(a, b); }
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_shift_right(tsr_mve_s32 v, int32_t by) { return vshlq_r_s32(v, -by); }
/* floor(2 * a * b / 2^32) + c */
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_double_multiply_high_add(tsr_mve_s32 a, tsr_mve_s32 b, int32_t c) {
  return vqdmlashq_n_s32(a, b, c);
}

/* v / 2^by, rounded down, limited to int8; `by` is at most 31. */
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_shift_to_byte(tsr_mve_s32 v, int32_t by) {
  return vshrq_n_s32(vqshlq_r_s32(v, 24 - by), 24);
}

/* The entries of a table of 256 bytes at v + 128. */
TSR_MVE_INLINE tsr_mve_s8 tsr_mve_lookup(const int8_t *table, tsr_mve_s8 v) {
  return vldrbq_gather_offset_s8(table, vreinterpretq_u8_s8(veorq_s8(v, vdupq_n_s8(-128))));
}

/* 16 bytes from four vectors, limited to int8: byte i of words[k] becomes byte 4 * i + {0, 2, 1, 3}[k]. */
TSR_MVE_INLINE tsr_mve_s8 tsr_mve_narrow(tsr_mve_s32 w0, tsr_mve_s32 w1, tsr_mve_s32 w2, tsr_mve_s32 w3) {
  const int16x8_t even = vqmovntq_s32(vqmovnbq_s32(vuninitializedq_s16(), w0), w1);
  const int16x8_t odd = vqmovntq_s32(vqmovnbq_s32(vuninitializedq_s16(), w2), w3);
  return vqmovntq_s16(vqmovnbq_s16(vuninitializedq_s8(), even), odd);
}

/* Four words as a vector. */
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_words(int32_t w0, int32_t w1, int32_t w2, int32_t w3) {
  tsr_mve_s32 v = vuninitializedq_s32();
  __asm__("vmov %q0[2], %q0[0], %1, %2\n\tvmov %q0[3], %q0[1], %3, %4" : "+w"(v) : "r"(w0), "r"(w2), "r"(w1), "r"(w3));
  return v;
}

/* The sum of the products of all lanes. */
TSR_MVE_INLINE int32_t tsr_mve_dot(tsr_mve_s8 a, tsr_mve_s8 b) { return vmladavq_s8(a, b); }
TSR_MVE_INLINE int32_t tsr_mve_dot_add(int32_t sum, tsr_mve_s8 a, tsr_mve_s8 b) { return vmladavaq_s8(sum, a, b); }

#endif

#endif
