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
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_max_s32(tsr_mve_s32 a, tsr_mve_s32 b) { return vmaxq_s32(a, b); }
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_min_s32(tsr_mve_s32 a, tsr_mve_s32 b) { return vminq_s32(a, b); }
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_shift_right(tsr_mve_s32 v, int32_t by) { return vshlq_r_s32(v, -by); }
/* floor(2 * a * b / 2^32) + c */
TSR_MVE_INLINE tsr_mve_s32 tsr_mve_double_multiply_high_add(tsr_mve_s32 a, tsr_mve_s32 b, int32_t c) {
  return vqdmlashq_n_s32(a, b, c);
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

/*
 * The heart of a convolution: tsr_mve.h says what it does. All registers are in use, so that the compiler could not
 * allocate them. Accumulators must be even: r0, r2, r4 (first channel of a pair), r6, r8, r10 (second); windows r1, r3,
 * r5; weights r7, r9; r11 vectors of a run but one; r12 the stream or the table. q5 to q7 collect a pixel each.
 */
#define TSR_MVE_BLOCK(a, w, multiply) \
  "vldrb.8 q0, [r1" a "\n\tvldrb.8 q3, [r7" w "\n\t" multiply " r0, q0, q3\n\t" \
  "vldrb.8 q1, [r3" a "\n\t" multiply " r2, q1, q3\n\tvldrb.8 q2, [r5" a "\n\t" multiply " r4, q2, q3\n\t" \
  "vldrb.8 q4, [r9" w "\n\t" multiply " r6, q0, q4\n\t" multiply " r8, q1, q4\n\t" multiply " r10, q2, q4\n\t"
#define TSR_MVE_REST_OF_RUN \
  "wls lr, r11, 2f\n1:\n\t" TSR_MVE_BLOCK(", #16]!", ", #16]!", "vmladava.s8") "le lr, 1b\n2:\n\t"
/* Two channels of the three pixels, put into lanes `low` and `high`. */
#define TSR_MVE_PAIR(first, more, low, high) \
  first TSR_MVE_BLOCK("]", "]", "vmladav.s8") TSR_MVE_REST_OF_RUN more \
  "vmov q5[" high "], q5[" low "], r0, r6\n\tvmov q6[" high "], q6[" low "], r2, r8\n\t" \
  "vmov q7[" high "], q7[" low "], r4, r10\n\t"
#define TSR_MVE_ONE_RUN "ldrd r1, r3, %[windows]\n\tldr r5, %[third]\n\t"
#define TSR_MVE_FIRST_RUN "ldr r12, %[table]\n\tldm r12!, {r1, r3, r5}\n\t"
#define TSR_MVE_NEXT_RUNS \
  "3:\n\tldm r12!, {r1, r3, r5}\n\tcbz r1, 5f\n\t" TSR_MVE_BLOCK("]", ", #16]!", "vmladava.s8") TSR_MVE_REST_OF_RUN \
  "b 3b\n5:\n\t"
#define TSR_MVE_EACH(instruction, rest) \
  instruction " q5, q5, " rest "\n\t" instruction " q6, q6, " rest "\n\t" instruction " q7, q7, " rest "\n\t"
#define TSR_MVE_CLAMP \
  "ldrd r0, r2, %[limits]\n\tvdup.32 q2, r0\n\tvdup.32 q3, r2\n\t" TSR_MVE_EACH("vmax.s32", "q2") TSR_MVE_EACH("vmin.s32", "q3")
/* Saturating shifts to the top byte and back limit to int8. */
#define TSR_MVE_TILE(first, more, before, after, clamp) \
  __asm__ volatile( \
      "ldr r7, %[weights]\n\tldr r11, %[blocks]\n\tldrd r0, r2, %[steps]\n\tadd r9, r7, r2\n\tldr r12, %[stream]\n" \
      "9:\n\t" TSR_MVE_PAIR(first, more, "0", "2") \
      "ldr r0, %[steps]\n\tadd r7, r0\n\tadd r9, r0\n\t" TSR_MVE_PAIR(first, more, "1", "3") \
      before "vldrw.32 q0, [r12], #16\n\tvldrw.32 q1, [r12], #16\n\t" after "ldrd r0, r2, %[scale]\n\t" \
      TSR_MVE_EACH("vadd.i32", "q0") \
      "vqdmlash.s32 q5, q1, r0\n\tvqdmlash.s32 q6, q1, r0\n\tvqdmlash.s32 q7, q1, r0\n\t" \
      "vqshl.s32 q5, r2\n\tvqshl.s32 q6, r2\n\tvqshl.s32 q7, r2\n\t" TSR_MVE_EACH("vshr.s32", "#24") clamp \
      "ldr r0, %[out]\n\tldrd r2, r4, %[apart]\n\tadd r2, r0\n\tadd r4, r0\n\t" \
      "vstrb.32 q5, [r0], #4\n\tvstrb.32 q6, [r2]\n\tvstrb.32 q7, [r4]\n\tstr r0, %[out]\n\t" \
      "ldrd r2, r4, %[steps]\n\tadd r7, r9, r2\n\tadd r9, r7, r4\n\tldr r2, %[end]\n\tcmp r0, r2\n\tbne 9b" \
      : [out] "+m"(out), [stream] "+m"(stream) \
      : [windows] "m"(windows), [third] "m"(windows[2]), [table] "m"(table), [weights] "m"(weights), [blocks] "m"(blocks), \
        [steps] "m"(steps), [scale] "m"(scale), [limits] "m"(limits), [apart] "m"(apart), [end] "m"(end) \
      : "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory", "q0", "q1", \
        "q2", "q3", "q4", "q5", "q6", "q7")

static __attribute__((noinline, unused)) void tsr_mve_tile_3x4(const tsr_mve_tile *tile, int32_t groups, int8_t *out) {
  const int8_t *const *const table = tile->windows;
  const int8_t *const windows[3] = {table[0], table[1], table[2]};
  const int8_t *const weights = tile->weights;
  const int32_t *stream = tile->stream;
  const int32_t blocks = tile->blocks - 1;
  /* From the last vector of a channel's weights to the next channel's, and two channels on. */
  const int32_t steps[2] = {tile->row_bytes - (tile->runs * tile->blocks - 1) * 16, 2 * tile->row_bytes};
  const int32_t scale[2] = {tile->offset, 24 - tile->shift};
  const int32_t limits[2] = {tile->min, tile->max};
  const int32_t apart[2] = {tile->apart[0], tile->apart[1]};
  const int8_t *const end = out + 4 * groups;
  const int32_t limited = tile->min > -128 || tile->max < 127;
  if (groups == 0) return;
  if (tile->runs > 1) {
    if (limited) {
      TSR_MVE_TILE(TSR_MVE_FIRST_RUN, TSR_MVE_NEXT_RUNS, "ldr r12, %[stream]\n\t", "str r12, %[stream]\n\t", TSR_MVE_CLAMP);
    } else {
      TSR_MVE_TILE(TSR_MVE_FIRST_RUN, TSR_MVE_NEXT_RUNS, "ldr r12, %[stream]\n\t", "str r12, %[stream]\n\t", "");
    }
  } else if (limited) {
    TSR_MVE_TILE(TSR_MVE_ONE_RUN, "", "", "", TSR_MVE_CLAMP);
  } else {
    TSR_MVE_TILE(TSR_MVE_ONE_RUN, "", "", "", "");
  }
}

/* sums[j] += the dot product of `count` bytes, at least one, from a with as many from w_j: one pixel, four channels. */
TSR_MVE_INLINE void tsr_mve_dot_1x4(int32_t *sums, const int8_t *a, const int8_t *w0, const int8_t *w1,
                                    const int8_t *w2, const int8_t *w3, int32_t count) {
  int32_t s0 = sums[0], s1 = sums[1], s2 = sums[2], s3 = sums[3];
  __asm__ volatile(
      "dlstp.8 lr, %[count]\n"
      "1:\n"
      "vldrb.8 q0, [%[a]], #16\n"
      "vldrb.8 q1, [%[w0]], #16\n"
      "vmladava.s8 %[s0], q0, q1\n"
      "vldrb.8 q2, [%[w1]], #16\n"
      "vmladava.s8 %[s1], q0, q2\n"
      "vldrb.8 q1, [%[w2]], #16\n"
      "vmladava.s8 %[s2], q0, q1\n"
      "vldrb.8 q2, [%[w3]], #16\n"
      "vmladava.s8 %[s3], q0, q2\n"
      "letp lr, 1b\n"
      : [s0] "+Te"(s0), [s1] "+Te"(s1), [s2] "+Te"(s2), [s3] "+Te"(s3), [a] "+r"(a), [w0] "+r"(w0), [w1] "+r"(w1),
        [w2] "+r"(w2), [w3] "+r"(w3)
      : [count] "r"(count)
      : "lr", "q0", "q1", "q2", "memory");
  sums[0] = s0;
  sums[1] = s1;
  sums[2] = s2;
  sums[3] = s3;
}

/* 16 bytes of each of three rows, `count` times: tsr_mve.h says where they go. */
TSR_MVE_INLINE void tsr_mve_turn_3(int8_t *to, const int8_t *r0, const int8_t *r1, const int8_t *r2, int32_t s0, int32_t s1,
                                   int32_t s2, int32_t count, int32_t lanes) {
  /* As an operand, so that the compiler knows that the predicate's only register is taken. */
  mve_pred16_t there = vctp8q((uint32_t)lanes);
  __asm__ volatile(
      "dls lr, %[count]\n"
      "1:\n\tvpsttt\n\tvldrbt.8 q0, [%[r0]]\n\tvldrbt.8 q1, [%[r1]]\n\tvldrbt.8 q2, [%[r2]]\n\t"
      "add %[r0], %[s0]\n\tadd %[r1], %[s1]\n\tadd %[r2], %[s2]\n\t"
      "vst40.8 {q0, q1, q2, q3}, [%[to]]\n\tvst41.8 {q0, q1, q2, q3}, [%[to]]\n\t"
      "vst42.8 {q0, q1, q2, q3}, [%[to]]\n\tvst43.8 {q0, q1, q2, q3}, [%[to]]!\n\tle lr, 1b"
      : [to] "+r"(to), [r0] "+r"(r0), [r1] "+r"(r1), [r2] "+r"(r2), [there] "+Up"(there)
      : [s0] "r"(s0), [s1] "r"(s1), [s2] "r"(s2), [count] "r"(count)
      : "lr", "cc", "memory", "q0", "q1", "q2", "q3");
}

#define TSR_MVE_DEPTHWISE \
  __asm__ volatile( \
      "dls lr, %[count]\n" \
      "1:\n\tvldrw.32 q6, [%q[at]]\n\tvmladav.s8 %[s0], %q[w0], q6\n\tvldrw.32 q7, [%q[at], #4]\n\t" \
      "vmladav.s8 %[s1], %q[w1], q7\n\tvldrw.32 q6, [%q[at], #8]\n\tvmladav.s8 %[s2], %q[w2], q6\n\t" \
      "vldrw.32 q7, [%q[at], #12]\n\tvmladav.s8 %[s3], %q[w3], q7\n\tvldrw.32 q7, [%[bias]]\n\t" \
      "vmov q6[2], q6[0], %[s0], %[s2]\n\tvmov q6[3], q6[1], %[s1], %[s3]\n\tvadd.i32 q6, q6, q7\n\t" \
      "vqdmlash.s32 q6, %q[halves], %[offset]\n\tvadd.i32 %q[at], %q[at], %[step]\n\tvqshl.s32 q6, %[left]\n\t" \
      "vshr.s32 q6, q6, #24\n\tvstrb.32 q6, [%[out]]\n\tadd %[out], %[pixel]\n\tle lr, 1b" \
      : [s0] "=&Te"(s0), [s1] "=&Te"(s1), [s2] "=&Te"(s2), [s3] "=&Te"(s3), [at] "+w"(at), [out] "+r"(out) \
      : [w0] "w"(w0), [w1] "w"(w1), [w2] "w"(w2), [w3] "w"(w3), [halves] "w"(halves), [bias] "r"(bias), \
        [offset] "r"(offset), [left] "r"(left), [step] "r"(step), [pixel] "r"(pixel), [count] "r"(count) \
      : "lr", "cc", "memory", "q6", "q7")

TSR_MVE_INLINE void tsr_mve_depthwise_3x3(const tsr_mve_depthwise *p, const int8_t *turned, const int8_t *weights,
                                          const int32_t *stream, int8_t *out, int32_t count) {
  const uint8x16_t spread = vldrbq_u8(tsr_mve_spread);
  const mve_pred16_t there = 0x0777;
  const int8x16_t w0 = vldrbq_gather_offset_z_s8(weights, spread, there);
  const int8x16_t w1 = vldrbq_gather_offset_z_s8(weights + 9, spread, there);
  const int8x16_t w2 = vldrbq_gather_offset_z_s8(weights + 18, spread, there);
  const int8x16_t w3 = vldrbq_gather_offset_z_s8(weights + 27, spread, there);
  const int32x4_t halves = vldrwq_s32(stream + 4);
  const int32_t *bias = stream;
  const int32_t offset = p->offset, left = 24 - p->shift, step = 64 * p->stride_w, pixel = p->out_pixel;
  uint32x4_t at = vaddq_n_u32(vmulq_n_u32(vidupq_n_u32(0, 1), 64), (uint32_t)turned);
  int32_t s0, s1, s2, s3;
  if (p->min > -128 || p->max < 127) {
    const int32x4_t min = vdupq_n_s32(p->min), max = vdupq_n_s32(p->max);
    for (; count > 0; --count) {
      const int32_t t0 = vmladavq_s8(w0, (int8x16_t)vldrwq_gather_base_s32(at, 0));
      const int32_t t1 = vmladavq_s8(w1, (int8x16_t)vldrwq_gather_base_s32(at, 4));
      const int32_t t2 = vmladavq_s8(w2, (int8x16_t)vldrwq_gather_base_s32(at, 8));
      const int32_t t3 = vmladavq_s8(w3, (int8x16_t)vldrwq_gather_base_s32(at, 12));
      const int32x4_t sums = vaddq_s32(tsr_mve_words(t0, t1, t2, t3), vldrwq_s32(bias));
      int32x4_t y = vshlq_r_s32(vqdmlashq_n_s32(sums, halves, offset), left - 24);
      y = vminq_s32(vmaxq_s32(y, min), max);
      vstrbq_s32(out, y);
      at = vaddq_n_u32(at, (uint32_t)step);
      out += pixel;
    }
    return;
  }
  TSR_MVE_DEPTHWISE;
}

#endif

#endif
