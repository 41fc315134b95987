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
  "ldrd r0, r2, %[limits]\n\tvdup.32 q3, r0\n\tvdup.32 q4, r2\n\t" TSR_MVE_EACH("vmax.s32", "q3") TSR_MVE_EACH("vmin.s32", "q4")
/* From sums to bytes; r12 is the stream. Saturating shifts to the top byte and back limit to int8. */
#define TSR_MVE_FINISH(clamp) \
  "vldrw.32 q3, [r12], #16\n\tvldrw.32 q4, [r12], #16\n\tldrd r0, r2, %[scale]\n\t" TSR_MVE_EACH("vadd.i32", "q3") \
  "vqdmlash.s32 q5, q4, r0\n\tvqdmlash.s32 q6, q4, r0\n\tvqdmlash.s32 q7, q4, r0\n\t" \
  "vqshl.s32 q5, r2\n\tvqshl.s32 q6, r2\n\tvqshl.s32 q7, r2\n\t" TSR_MVE_EACH("vshr.s32", "#24") clamp
#define TSR_MVE_STORE(out) \
  "ldrd r2, r4, %[apart]\n\tadd r2, " out "\n\tadd r4, " out "\n\t" \
  "vstrb.32 q5, [" out "], #4\n\tvstrb.32 q6, [r2]\n\tvstrb.32 q7, [r4]\n\t"
/* The next three pixels, if there are more. */
#define TSR_MVE_ADVANCE \
  "ldr r0, %[times]\n\tsubs r0, #1\n\tbeq 7f\n\tstr r0, %[times]\n\tldrd r0, r2, %[advance]\n\tldrd r1, r3, %[windows]\n\t" \
  "ldr r5, %[third]\n\tadd r1, r0\n\tadd r3, r0\n\tadd r5, r0\n\tstrd r1, r3, %[windows]\n\tstr r5, %[third]\n\t" \
  "ldrd r4, r6, %[ends]\n\tadd r4, r2\n\tadd r6, r2\n\tstrd r4, r6, %[ends]\n\tb 8b\n7:"
#define TSR_MVE_TILE(first, more, before, after, clamp, advance_) \
  __asm__ volatile( \
      "8:\n\tldr r0, %[ends]\n\tstr r0, %[out]\n\tldr r7, %[weights]\n\tldr r11, %[blocks]\n\tldrd r0, r2, %[steps]\n\tadd r9, r7, r2\n\tldr r12, %[stream]\n" \
      "9:\n\t" TSR_MVE_PAIR(first, more, "0", "2") \
      "ldr r0, %[steps]\n\tadd r7, r0\n\tadd r9, r0\n\t" TSR_MVE_PAIR(first, more, "1", "3") \
      before TSR_MVE_FINISH(clamp) after "ldr r0, %[out]\n\t" TSR_MVE_STORE("r0") "str r0, %[out]\n\t" \
      "ldrd r2, r4, %[steps]\n\tadd r7, r9, r2\n\tadd r9, r7, r4\n\tldr r2, %[end]\n\tcmp r0, r2\n\tbne 9b\n\t" advance_ \
      : [out] "+m"(out), [stream] "+m"(stream), [windows] "+m"(windows), [third] "+m"(windows[2]), [ends] "+m"(ends), \
        [end] "+m"(ends[1]), [times] "+m"(times) \
      : [table] "m"(table), [weights] "m"(weights), [blocks] "m"(blocks), [steps] "m"(steps), [scale] "m"(scale), \
        [limits] "m"(limits), [apart] "m"(apart), [advance] "m"(advance) \
      : TSR_MVE_ALL_REGISTERS)
#define TSR_MVE_ALL_REGISTERS \
  "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory", "q0", "q1", "q2", \
      "q3", "q4", "q5", "q6", "q7"
/* Windows of at most a vector stay in q0 to q2; r1, r3, r5, r11 are the weights of four channels, r9 the step to the
 * next four, r7 the output: bytes of words are stored through low registers alone. */
#define TSR_MVE_SHORT_PAIR(w0, w1, low, high) \
  "vldrb.8 q3, [" w0 "]\n\tvmladav.s8 r0, q0, q3\n\tadd " w0 ", r9\n\tvmladav.s8 r2, q1, q3\n\tvldrb.8 q4, [" w1 "]\n\t" \
  "vmladav.s8 r4, q2, q3\n\tadd " w1 ", r9\n\tvmladav.s8 r6, q0, q4\n\tvmladav.s8 r8, q1, q4\n\tvmladav.s8 r10, q2, q4\n\t" \
  "vmov q5[" high "], q5[" low "], r0, r6\n\tvmov q6[" high "], q6[" low "], r2, r8\n\t" \
  "vmov q7[" high "], q7[" low "], r4, r10\n\t"
#define TSR_MVE_SHORT(clamp) \
  __asm__ volatile( \
      "8:\n\tldrd r1, r3, %[windows]\n\tldr r5, %[third]\n\tldr r0, %[bytes]\n\tvctp.8 r0\n\t" \
      "vpsttt\n\tvldrbt.8 q0, [r1]\n\tvldrbt.8 q1, [r3]\n\tvldrbt.8 q2, [r5]\n\t" \
      "ldr r1, %[weights]\n\tadd r3, r1, r0\n\tadd r5, r3, r0\n\tadd r11, r5, r0\n\tlsl r9, r0, #2\n\tldr r12, %[stream]\n\t" \
      "ldr r7, %[ends]\n" \
      "9:\n\t" TSR_MVE_SHORT_PAIR("r1", "r5", "0", "2") TSR_MVE_SHORT_PAIR("r3", "r11", "1", "3") TSR_MVE_FINISH(clamp) \
      TSR_MVE_STORE("r7") "ldr r0, %[end]\n\tcmp r7, r0\n\tbne 9b\n\t" TSR_MVE_ADVANCE \
      : [there] "+Up"(there), [windows] "+m"(windows), [third] "+m"(windows[2]), [ends] "+m"(ends), [end] "+m"(ends[1]), \
        [times] "+m"(times) \
      : [stream] "m"(stream), [weights] "m"(weights), [bytes] "m"(bytes), [scale] "m"(scale), [limits] "m"(limits), \
        [apart] "m"(apart), [advance] "m"(advance) \
      : TSR_MVE_ALL_REGISTERS)
/* One pixel: window r1; weights of four channels r3, r5, r11, r9, from one four to the next r10 apart; offset r8, output
 * r7. */
#define TSR_MVE_PIXEL(a, w, multiply) \
  "vldrb.8 q0, [r1" a "\n\tvldrb.8 q1, [r3" w "\n\t" multiply " r0, q0, q1\n\tvldrb.8 q2, [r5" w "\n\t" multiply \
  " r2, q0, q2\n\tvldrb.8 q1, [r11" w "\n\t" multiply " r4, q0, q1\n\tvldrb.8 q2, [r9" w "\n\t" multiply " r6, q0, q2\n\t"
#define TSR_MVE_ONE(clamp) \
  __asm__ volatile( \
      "ldr r3, %[weights]\n\tldr r0, %[row]\n\tadd r5, r3, r0\n\tadd r11, r5, r0\n\tadd r9, r11, r0\n\t" \
      "ldr r10, %[step]\n\tldr r12, %[stream]\n\tldr r7, %[out]\n\tldr r8, %[scale]\n" \
      "9:\n\tldr r1, %[windows]\n\tldr lr, %[blocks]\n\t" TSR_MVE_PIXEL("]", "]", "vmladav.s8") "wls lr, lr, 2f\n1:\n\t" \
      TSR_MVE_PIXEL(", #16]!", ", #16]!", "vmladava.s8") "le lr, 1b\n2:\n\t" \
      "vmov q5[2], q5[0], r0, r4\n\tvmov q5[3], q5[1], r2, r6\n\tvldrw.32 q3, [r12], #16\n\tvldrw.32 q4, [r12], #16\n\t" \
      "vadd.i32 q5, q5, q3\n\tldr r0, %[left]\n\tvqdmlash.s32 q5, q4, r8\n\tadd r3, r10\n\tadd r5, r10\n\tvqshl.s32 q5, r0\n\t" \
      "add r11, r10\n\tadd r9, r10\n\tvshr.s32 q5, q5, #24\n\t" clamp "vstrb.32 q5, [r7], #4\n\t" \
      "ldr r0, %[end]\n\tcmp r7, r0\n\tbne 9b" \
      : \
      : [out] "m"(out), [stream] "m"(stream), [windows] "m"(windows), [weights] "m"(weights), [row] "m"(row), \
        [blocks] "m"(blocks), [step] "m"(step), [left] "m"(scale[1]), [scale] "m"(scale), [limits] "m"(limits), [end] "m"(end) \
      : TSR_MVE_ALL_REGISTERS)
#define TSR_MVE_CLAMP_ONE \
  "ldrd r0, r2, %[limits]\n\tvdup.32 q3, r0\n\tvdup.32 q4, r2\n\tvmax.s32 q5, q5, q3\n\tvmin.s32 q5, q5, q4\n\t"

static __attribute__((noinline, unused)) void tsr_mve_tile_3x4(const tsr_mve_tile *tile, int32_t groups, int8_t *out,
                                                               int32_t times) {
  const int8_t *const *const table = tile->windows;
  const int8_t *windows[3] = {table[0], table[1], table[2]};
  const int8_t *const weights = tile->weights;
  const int32_t *stream = tile->stream;
  const int32_t blocks = tile->blocks - 1;
  /* From the last vector of a channel's weights to the next channel's, and two channels on. */
  const int32_t steps[2] = {tile->row_bytes - (tile->runs * tile->blocks - 1) * 16, 2 * tile->row_bytes};
  const int32_t scale[2] = {tile->offset, 24 - tile->shift};
  const int32_t limits[2] = {tile->min, tile->max};
  const int32_t apart[2] = {tile->apart[0], tile->apart[1]};
  const int32_t advance[2] = {tile->advance[0], tile->advance[1]};
  /* Where a pixel's outputs begin and end. */
  int8_t *ends[2] = {out, out + 4 * groups};
  const int32_t limited = tile->min > -128 || tile->max < 127;
  if (groups == 0) return;
  if (tile->runs > 1) {
    if (limited) {
      TSR_MVE_TILE(TSR_MVE_FIRST_RUN, TSR_MVE_NEXT_RUNS, "ldr r12, %[stream]\n\t", "str r12, %[stream]\n\t", TSR_MVE_CLAMP, "");
    } else {
      TSR_MVE_TILE(TSR_MVE_FIRST_RUN, TSR_MVE_NEXT_RUNS, "ldr r12, %[stream]\n\t", "str r12, %[stream]\n\t", "", "");
    }
  } else if (blocks == 0) {
    const int32_t bytes = tile->row_bytes;
    mve_pred16_t there = 0;
    if (limited) {
      TSR_MVE_SHORT(TSR_MVE_CLAMP);
    } else {
      TSR_MVE_SHORT("");
    }
  } else if (limited) {
    TSR_MVE_TILE(TSR_MVE_ONE_RUN, "", "", "", TSR_MVE_CLAMP, TSR_MVE_ADVANCE);
  } else {
    TSR_MVE_TILE(TSR_MVE_ONE_RUN, "", "", "", "", TSR_MVE_ADVANCE);
  }
}

static __attribute__((noinline, unused)) void tsr_mve_tile_1x4(const tsr_mve_tile *tile, int32_t groups, int8_t *out) {
  const int8_t *const windows = tile->windows[0];
  const int8_t *const weights = tile->weights;
  const int32_t *const stream = tile->stream;
  const int32_t blocks = tile->blocks - 1;
  const int32_t row = tile->row_bytes;
  const int32_t step = 4 * row - 16 * blocks;
  const int32_t scale[2] = {tile->offset, 24 - tile->shift};
  const int32_t limits[2] = {tile->min, tile->max};
  const int8_t *const end = out + 4 * groups;
  if (groups == 0) return;
  if (tile->min > -128 || tile->max < 127) {
    TSR_MVE_ONE(TSR_MVE_CLAMP_ONE);
  } else {
    TSR_MVE_ONE("");
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

/* Copies `bytes` bytes, 1 to 16, `count` times: from places `from_step` apart to places `to_step` apart. */
TSR_MVE_INLINE void tsr_mve_copy_parts(int8_t *to, const int8_t *from, int32_t bytes, int32_t count, int32_t to_step,
                                       int32_t from_step) {
  mve_pred16_t there = vctp8q((uint32_t)bytes);
  __asm__ volatile(
      "dls lr, %[count]\n1:\n\tvpstt\n\tvldrbt.8 q0, [%[from]]\n\tvstrbt.8 q0, [%[to]]\n\tadd %[from], %[from_step]\n\t"
      "add %[to], %[to_step]\n\tle lr, 1b"
      : [to] "+r"(to), [from] "+r"(from), [there] "+Up"(there)
      : [count] "r"(count), [to_step] "r"(to_step), [from_step] "r"(from_step)
      : "lr", "cc", "memory", "q0");
}

TSR_MVE_INLINE void tsr_mve_zero_parts(int8_t *to, int32_t bytes, int32_t count, int32_t to_step) {
  const int8x16_t zero = vdupq_n_s8(0);
  const mve_pred16_t there = vctp8q((uint32_t)bytes);
  for (int32_t i = 0; i < count; ++i, to += to_step) vstrbq_p_s8(to, zero, there);
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

/*
 * r0, r2, r4, r6: sums of four channels; r1: output; r3: that of the first pixel; r5: weights; r7: stream; r8: offset; r9:
 * shift; r10: bytes from a pixel's columns to the next; r11: out_pixel; r12: the turned columns. q0 to q3: weights; q4:
 * multipliers; q5: addresses of four columns.
 */
#define TSR_MVE_WEIGHTS(q) "vpst\n\tvldrbt.u8 " q ", [r5, q7]\n\tadd r5, #9\n\t"
#define TSR_MVE_DEPTHWISE(clamp) \
  __asm__ volatile( \
      "ldr r3, %[out]\n\tldr r5, %[weights]\n\tldr r7, %[stream]\n\tldrd r8, r9, %[scale]\n\tldrd r10, r11, %[apart]\n\t" \
      "ldr r12, %[turned]\n" \
      "9:\n\tldr r0, %[spread]\n\tvldrb.8 q7, [r0]\n\t" TSR_MVE_WEIGHTS("q0") TSR_MVE_WEIGHTS("q1") TSR_MVE_WEIGHTS("q2") \
      TSR_MVE_WEIGHTS("q3") "vldrw.32 q4, [r7, #16]\n\tldr r0, %[columns]\n\tvldrw.32 q5, [r0]\n\tvadd.i32 q5, q5, r12\n\t" \
      "mov r1, r3\n\tldr lr, %[count]\n\tdls lr, lr\n" \
      "1:\n\tvldrw.32 q6, [q5]\n\tvmladav.s8 r0, q0, q6\n\tvldrw.32 q7, [q5, #4]\n\tvmladav.s8 r2, q1, q7\n\t" \
      "vldrw.32 q6, [q5, #8]\n\tvmladav.s8 r4, q2, q6\n\tvldrw.32 q7, [q5, #12]\n\tvmladav.s8 r6, q3, q7\n\t" \
      "vldrw.32 q7, [r7]\n\tvmov q6[2], q6[0], r0, r4\n\tvmov q6[3], q6[1], r2, r6\n\tvadd.i32 q6, q6, q7\n\t" \
      "vqdmlash.s32 q6, q4, r8\n\tvadd.i32 q5, q5, r10\n\tvqshl.s32 q6, r9\n\tvshr.s32 q6, q6, #24\n\t" clamp \
      "vstrb.32 q6, [r1]\n\tadd r1, r11\n\tle lr, 1b\n\t" \
      "add r7, #32\n\tadd r12, #16\n\tadd r3, #4\n\tldr r0, %[end]\n\tcmp r3, r0\n\tbne 9b" \
      : [there] "+Up"(there) \
      : [out] "m"(out), [weights] "m"(weights), [stream] "m"(stream), [scale] "m"(scale), [apart] "m"(apart), \
        [turned] "m"(turned), [spread] "m"(spread), [columns] "m"(columns), [count] "m"(count), [limits] "m"(limits), \
        [end] "m"(end) \
      : TSR_MVE_ALL_REGISTERS)
#define TSR_MVE_CLAMP_DEPTHWISE \
  "ldr r0, %[limits]\n\tvldrw.32 q7, [r0]\n\tvmax.s32 q6, q6, q7\n\tvldrw.32 q7, [r0, #16]\n\tvmin.s32 q6, q6, q7\n\t"

static __attribute__((noinline, unused)) void tsr_mve_depthwise_3x3(const tsr_mve_depthwise *p, const int8_t *turned,
                                                                    const int8_t *weights, const int32_t *stream,
                                                                    int8_t *out, int32_t groups, int32_t count) {
  const int32_t scale[2] = {p->offset, 24 - p->shift};
  const int32_t apart[2] = {64 * p->stride_w, p->out_pixel};
  const int8_t *const end = out + 4 * groups;
  const uint8_t *const spread = tsr_mve_spread;
  const int32_t *const columns = tsr_mve_columns;
  mve_pred16_t there = 0x0777;
  if (p->min > -128 || p->max < 127) {
    const int32_t both[8] = {p->min, p->min, p->min, p->min, p->max, p->max, p->max, p->max};
    const int32_t *const limits = both;
    TSR_MVE_DEPTHWISE(TSR_MVE_CLAMP_DEPTHWISE);
  } else {
    const int32_t *const limits = NULL;
    TSR_MVE_DEPTHWISE("");
  }
}

/* tsr_mve.h says what it does; 23 instructions for two taps of 16 channels. */
TSR_MVE_INLINE void tsr_mve_depthwise_pairs(int32_t *sums, const int8_t *const *taps, int32_t c, const int8_t *weights,
                                            int32_t pairs) {
  __asm__ volatile(
      "vmov.i32 q4, #0\n\tvmov.i32 q5, #0\n\tvmov.i32 q6, #0\n\tvmov.i32 q7, #0\n\twls lr, %[pairs], 2f\n"
      "1:\n\tldrd r0, r1, [%[taps]], #8\n\tadd r0, %[c]\n\tadd r1, %[c]\n\tvldrb.8 q0, [r0]\n\tvldrb.8 q2, [%[weights]], #16\n\t"
      "vmullb.s8 q1, q0, q2\n\tvmullt.s8 q0, q0, q2\n\tvldrb.8 q2, [r1]\n\tvldrb.8 q3, [%[weights]], #16\n\t"
      "vmullb.s8 q3, q2, q3\n\tvadd.i16 q1, q1, q3\n\tvldrb.8 q3, [%[weights], #-16]\n\tvmullt.s8 q3, q2, q3\n\t"
      "vadd.i16 q0, q0, q3\n\tvmovlb.s16 q2, q1\n\tvmovlt.s16 q3, q1\n\tvadd.i32 q4, q4, q2\n\tvadd.i32 q5, q5, q3\n\t"
      "vmovlb.s16 q2, q0\n\tvmovlt.s16 q3, q0\n\tvadd.i32 q6, q6, q2\n\tvadd.i32 q7, q7, q3\n\tle lr, 1b\n"
      "2:\n\tvstrw.32 q4, [%[sums]]\n\tvstrw.32 q5, [%[sums], #16]\n\tvstrw.32 q6, [%[sums], #32]\n\t"
      "vstrw.32 q7, [%[sums], #48]"
      : [taps] "+r"(taps), [weights] "+r"(weights)
      : [sums] "r"(sums), [c] "r"(c), [pairs] "r"(pairs)
      : "r0", "r1", "lr", "cc", "memory", "q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7");
}

#endif

#endif
