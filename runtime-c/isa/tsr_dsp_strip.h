/*
 * The inner loops of depthwise convolutions with kernels of 5 and 7 columns on Arm DSP: on those machines assembly, since
 * compilers run out of registers here, elsewhere C of the same meaning.
 *
 * A strip is the columns of two rows a and b, of two channels: a word a.c0 a.c1 b.c0 b.c1 each. SXTB16 of a word gives a
 * channel's pair, and SMLAD multiplies it by a pair of weights, of row a and of row b. The last row of an odd number goes
 * alone, with zeros for b. Five outputs stay in registers while all strips are added up, and are requantised there: the
 * weights of two rows are loaded by one instruction, once for five outputs.
 */
#ifndef TSR_DSP_STRIP_H
#define TSR_DSP_STRIP_H

#include "tsr_dsp.h"

/* Outputs of a group, and most strips and columns of a kernel. */
enum { tsr_dsp_strip_group = 5, tsr_dsp_strip_most = 4, tsr_dsp_strip_columns = 7 };

/*
 * The words of a channel, in the order in which they are read: its bias; for each strip the pairs of weights, column by
 * column; then multiplier and offset.
 */
enum { tsr_dsp_strip_words = 1 + tsr_dsp_strip_most * tsr_dsp_strip_columns + 2 };

#if defined(TSR_DSP_ASSEMBLY)

#define TSR_DSP_COLUMN(at, odd) "ldr r6, [r0, #" at "]\n\tsxtb16 r6, r6" odd "\n\t"
/* r0 strip, r1 to r5 the sums of five outputs, r6 a column, r7 and on weights. */
#define TSR_DSP_FIVE_OF_5X5(odd) \
  TSR_DSP_COLUMN("0", odd) "smlad r1, r6, r7, r1\n\t" \
  TSR_DSP_COLUMN("4", odd) "smlad r1, r6, r8, r1\n\tsmlad r2, r6, r7, r2\n\t" \
  TSR_DSP_COLUMN("8", odd) "smlad r1, r6, r9, r1\n\tsmlad r2, r6, r8, r2\n\tsmlad r3, r6, r7, r3\n\t" \
  TSR_DSP_COLUMN("12", odd) "smlad r1, r6, r10, r1\n\tsmlad r2, r6, r9, r2\n\tsmlad r3, r6, r8, r3\n\t" \
    "smlad r4, r6, r7, r4\n\t" \
  TSR_DSP_COLUMN("16", odd) "smlad r1, r6, r11, r1\n\tsmlad r2, r6, r10, r2\n\tsmlad r3, r6, r9, r3\n\t" \
    "smlad r4, r6, r8, r4\n\tsmlad r5, r6, r7, r5\n\t" \
  TSR_DSP_COLUMN("20", odd) "smlad r2, r6, r11, r2\n\tsmlad r3, r6, r10, r3\n\tsmlad r4, r6, r9, r4\n\t" \
    "smlad r5, r6, r8, r5\n\t" \
  TSR_DSP_COLUMN("24", odd) "smlad r3, r6, r11, r3\n\tsmlad r4, r6, r10, r4\n\tsmlad r5, r6, r9, r5\n\t" \
  TSR_DSP_COLUMN("28", odd) "smlad r4, r6, r11, r4\n\tsmlad r5, r6, r10, r5\n\t" \
  TSR_DSP_COLUMN("32", odd) "smlad r5, r6, r11, r5\n\t"
#define TSR_DSP_FIVE_OF_7X7_STRIDE2(odd) \
  TSR_DSP_COLUMN("0", odd) "smlad r1, r6, r7, r1\n\t" \
  TSR_DSP_COLUMN("4", odd) "smlad r1, r6, r8, r1\n\t" \
  TSR_DSP_COLUMN("8", odd) "smlad r1, r6, r9, r1\n\tsmlad r2, r6, r7, r2\n\t" \
  TSR_DSP_COLUMN("12", odd) "smlad r1, r6, r10, r1\n\tsmlad r2, r6, r8, r2\n\t" \
  TSR_DSP_COLUMN("16", odd) "smlad r1, r6, r11, r1\n\tsmlad r2, r6, r9, r2\n\tsmlad r3, r6, r7, r3\n\t" \
  TSR_DSP_COLUMN("20", odd) "smlad r1, r6, r12, r1\n\tsmlad r2, r6, r10, r2\n\tsmlad r3, r6, r8, r3\n\t" \
  TSR_DSP_COLUMN("24", odd) "smlad r1, r6, lr, r1\n\tsmlad r2, r6, r11, r2\n\tsmlad r3, r6, r9, r3\n\t" \
    "smlad r4, r6, r7, r4\n\t" \
  TSR_DSP_COLUMN("28", odd) "smlad r2, r6, r12, r2\n\tsmlad r3, r6, r10, r3\n\tsmlad r4, r6, r8, r4\n\t" \
  TSR_DSP_COLUMN("32", odd) "smlad r2, r6, lr, r2\n\tsmlad r3, r6, r11, r3\n\tsmlad r4, r6, r9, r4\n\t" \
    "smlad r5, r6, r7, r5\n\t" \
  TSR_DSP_COLUMN("36", odd) "smlad r3, r6, r12, r3\n\tsmlad r4, r6, r10, r4\n\tsmlad r5, r6, r8, r5\n\t" \
  TSR_DSP_COLUMN("40", odd) "smlad r3, r6, lr, r3\n\tsmlad r4, r6, r11, r4\n\tsmlad r5, r6, r9, r5\n\t" \
  TSR_DSP_COLUMN("44", odd) "smlad r4, r6, r12, r4\n\tsmlad r5, r6, r10, r5\n\t" \
  TSR_DSP_COLUMN("48", odd) "smlad r4, r6, lr, r4\n\tsmlad r5, r6, r11, r5\n\t" \
  TSR_DSP_COLUMN("52", odd) "smlad r5, r6, r12, r5\n\t" \
  TSR_DSP_COLUMN("56", odd) "smlad r5, r6, lr, r5\n\t"
#define TSR_DSP_WEIGHTS_5 "r7, r8, r9, r10, r11"
#define TSR_DSP_WEIGHTS_7 "r7, r8, r9, r10, r11, r12, lr"
#define TSR_DSP_FIVE(weights, columns)                                                                     \
  __asm__ volatile(                                                                                       \
      "ldr r6, %[words]\n\tldr r1, [r6], #4\n\tmov r2, r1\n\tmov r3, r1\n\tmov r4, r1\n\tmov r5, r1\n"       \
      "1:\n\tldm r6!, {" weights "}\n\tstr r6, %[words]\n\t" columns                                      \
      "ldr r6, %[strips]\n\tadd r0, r0, %[pitch]\n\tsubs r6, #1\n\tstr r6, %[strips]\n\t"                 \
      "ldr r6, %[words]\n\tbne.w 1b\n\t"                                                                  \
      "ldm r6, {r7, r8}\n\tldr r9, %[out]\n\tldr r10, %[step]\n\t"                                        \
      "smmla r1, r1, r7, r8\n\tsmmla r2, r2, r7, r8\n\tsmmla r3, r3, r7, r8\n\tsmmla r4, r4, r7, r8\n\t"    \
      "smmla r5, r5, r7, r8\n\tadd r11, r9, r10, lsl #1\n\tadd r11, r10\n\t"                               \
      "ssat r1, #8, r1, asr #1\n\tssat r2, #8, r2, asr #1\n\tssat r3, #8, r3, asr #1\n\t"                  \
      "ssat r4, #8, r4, asr #1\n\tssat r5, #8, r5, asr #1\n\t"                                             \
      "strb r1, [r9]\n\tstrb r2, [r9, r10]\n\tstrb r3, [r9, r10, lsl #1]\n\t"                              \
      "strb r4, [r11]\n\tstrb r5, [r11, r10]"                                                             \
      : "+r"(r0), [words] "+m"(words), [strips] "+m"(strips)                                              \
      : [out] "m"(out), [step] "m"(step), [pitch] "i"(4 * pitch)                                          \
      : "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory")

/*
 * Five outputs of a channel, `step` bytes apart, of so many strips, `pitch` words apart (a constant); `odd`: the channel of
 * the odd bytes.
 */
#define TSR_DSP_FIVE_FUNCTION(name, weights, columns)                                                     \
  TSR_DSP_INLINE void name(const uint32_t *strip, const int32_t pitch, int32_t strips, const uint32_t *words, int8_t *out, \
                           int32_t step, int32_t odd) {                                                   \
    register const uint32_t *r0 __asm__("r0") = strip;                                                    \
    if (odd) TSR_DSP_FIVE(weights, columns(", ror #8"));                                                  \
    else TSR_DSP_FIVE(weights, columns(""));                                                              \
  }

TSR_DSP_FIVE_FUNCTION(tsr_dsp_five_5x5, TSR_DSP_WEIGHTS_5, TSR_DSP_FIVE_OF_5X5)
TSR_DSP_FIVE_FUNCTION(tsr_dsp_five_7x7_stride2, TSR_DSP_WEIGHTS_7, TSR_DSP_FIVE_OF_7X7_STRIDE2)

#else

static inline void tsr_dsp_five(const uint32_t *strip, int32_t pitch, int32_t strips, const uint32_t *words, int8_t *out,
                                int32_t step, int32_t odd, int32_t columns, int32_t stride) {
  int32_t sums[tsr_dsp_strip_group];
  for (int32_t o = 0; o < tsr_dsp_strip_group; ++o) sums[o] = (int32_t)words[0];
  for (++words; strips > 0; --strips, strip += pitch, words += columns) {
    for (int32_t o = 0; o < tsr_dsp_strip_group; ++o) {
      for (int32_t i = 0; i < columns; ++i) {
        sums[o] = tsr_dsp_smlad(tsr_dsp_sxtb16(strip[o * stride + i] >> (8 * odd)), words[i], sums[o]);
      }
    }
  }
  for (int32_t o = 0; o < tsr_dsp_strip_group; ++o, out += step) {
    *out = (int8_t)tsr_dsp_half8(tsr_dsp_smmla(sums[o], (int32_t)words[0], (int32_t)words[1]));
  }
}

static inline void tsr_dsp_five_5x5(const uint32_t *strip, int32_t pitch, int32_t strips, const uint32_t *words,
                                    int8_t *out, int32_t step, int32_t odd) {
  tsr_dsp_five(strip, pitch, strips, words, out, step, odd, 5, 1);
}

static inline void tsr_dsp_five_7x7_stride2(const uint32_t *strip, int32_t pitch, int32_t strips, const uint32_t *words,
                                            int8_t *out, int32_t step, int32_t odd) {
  tsr_dsp_five(strip, pitch, strips, words, out, step, odd, 7, 2);
}

#endif

#endif
