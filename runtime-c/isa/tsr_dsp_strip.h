/*
 * The inner loops of depthwise convolutions with kernels of 5 and 7 columns on Arm DSP: on those machines assembly,
 * since
 * compilers run out of registers here, elsewhere C of the same meaning.
 *
 * A strip is the columns of two rows a and b, of two channels: a word a.c0 a.c1 b.c0 b.c1 each. SXTB16 of a word gives
 * a
 * channel's pair, and SMLAD multiplies it by a pair of weights, of row a and of row b. A pass adds the products of two
 * rows
 * to the sums of a run of outputs; the last row of an odd number goes alone, with zeros for b.
 */
#ifndef TSR_DSP_STRIP_H
#define TSR_DSP_STRIP_H

#include "tsr_dsp.h"

/*
 * Outputs that a turn of the loop computes, and words of their sums: with 7 columns a word follows that is not 0 where
 * another group does. Behind the last group a word is free.
 */
enum { tsr_dsp_strip5_group = 5, tsr_dsp_strip7_group = 4, tsr_dsp_strip_words = 5 };

#if defined(__ARM_FEATURE_DSP) && defined(__thumb__)

#define TSR_DSP_COLUMN(v, at, odd) "ldr " v ", [r0, #" at "]\n\tsxtb16 " v ", " v odd "\n\t"
/* r0 strip, r1 sums, r2 to r6 the sums of five outputs, r7 a column, r8 to r12 weights, lr the sums' end. */
#define TSR_DSP_GROUP5(odd) \
  TSR_DSP_COLUMN("r7", "0", odd) "smlad r2, r7, r8, r2\n\t" \
  TSR_DSP_COLUMN("r7", "4", odd) "smlad r2, r7, r9, r2\n\tsmlad r3, r7, r8, r3\n\t" \
  TSR_DSP_COLUMN("r7", "8", odd) "smlad r2, r7, r10, r2\n\tsmlad r3, r7, r9, r3\n\tsmlad r4, r7, r8, r4\n\t" \
  TSR_DSP_COLUMN("r7", "12", odd) "smlad r2, r7, r11, r2\n\tsmlad r3, r7, r10, r3\n\tsmlad r4, r7, r9, r4\n\tsmlad r5, r7, r8, r5\n\t" \
  TSR_DSP_COLUMN("r7", "16", odd) "smlad r2, r7, r12, r2\n\tsmlad r3, r7, r11, r3\n\tsmlad r4, r7, r10, r4\n\tsmlad r5, r7, r9, r5\n\tsmlad r6, r7, r8, r6\n\t" \
  TSR_DSP_COLUMN("r7", "20", odd) "smlad r3, r7, r12, r3\n\tsmlad r4, r7, r11, r4\n\tsmlad r5, r7, r10, r5\n\tsmlad r6, r7, r9, r6\n\t" \
  TSR_DSP_COLUMN("r7", "24", odd) "smlad r4, r7, r12, r4\n\tsmlad r5, r7, r11, r5\n\tsmlad r6, r7, r10, r6\n\t" \
  TSR_DSP_COLUMN("r7", "28", odd) "smlad r5, r7, r12, r5\n\tsmlad r6, r7, r11, r6\n\t" \
  TSR_DSP_COLUMN("r7", "32", odd) "smlad r6, r7, r12, r6\n\t"
/* r0 strip, r1 sums, r2 to r5 the sums of four outputs two columns apart, r6 a column, r7 to lr weights. */
#define TSR_DSP_GROUP7(odd) \
  TSR_DSP_COLUMN("r6", "0", odd) "smlad r2, r6, r7, r2\n\t" \
  TSR_DSP_COLUMN("r6", "4", odd) "smlad r2, r6, r8, r2\n\t" \
  TSR_DSP_COLUMN("r6", "8", odd) "smlad r2, r6, r9, r2\n\tsmlad r3, r6, r7, r3\n\t" \
  TSR_DSP_COLUMN("r6", "12", odd) "smlad r2, r6, r10, r2\n\tsmlad r3, r6, r8, r3\n\t" \
  TSR_DSP_COLUMN("r6", "16", odd) "smlad r2, r6, r11, r2\n\tsmlad r3, r6, r9, r3\n\tsmlad r4, r6, r7, r4\n\t" \
  TSR_DSP_COLUMN("r6", "20", odd) "smlad r2, r6, r12, r2\n\tsmlad r3, r6, r10, r3\n\tsmlad r4, r6, r8, r4\n\t" \
  TSR_DSP_COLUMN("r6", "24", odd) "smlad r2, r6, lr, r2\n\tsmlad r3, r6, r11, r3\n\tsmlad r4, r6, r9, r4\n\tsmlad r5, r6, r7, r5\n\t" \
  TSR_DSP_COLUMN("r6", "28", odd) "smlad r3, r6, r12, r3\n\tsmlad r4, r6, r10, r4\n\tsmlad r5, r6, r8, r5\n\t" \
  TSR_DSP_COLUMN("r6", "32", odd) "smlad r3, r6, lr, r3\n\tsmlad r4, r6, r11, r4\n\tsmlad r5, r6, r9, r5\n\t" \
  TSR_DSP_COLUMN("r6", "36", odd) "smlad r4, r6, r12, r4\n\tsmlad r5, r6, r10, r5\n\t" \
  TSR_DSP_COLUMN("r6", "40", odd) "smlad r4, r6, lr, r4\n\tsmlad r5, r6, r11, r5\n\t" \
  TSR_DSP_COLUMN("r6", "44", odd) "smlad r5, r6, r12, r5\n\t" \
  TSR_DSP_COLUMN("r6", "48", odd) "smlad r5, r6, lr, r5\n\t"
/* r7 may be the frame pointer: it is put back. */
#define TSR_DSP_PASS5(odd)                                                                                  \
  __asm__ volatile("ldm r2, {r8, r9, r10, r11, r12}\n\tmov lr, r3\n\tstr r7, [r3]\n"                         \
                   "1:\n\tldm r1, {r2, r3, r4, r5, r6}\n\t" TSR_DSP_GROUP5(odd)                              \
                   "stm r1!, {r2, r3, r4, r5, r6}\n\tadd r0, #20\n\tcmp r1, lr\n\tbne 1b\n\tldr r7, [r1]"     \
                   : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3)                                                 \
                   :                                                                                        \
                   : "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory")
#define TSR_DSP_PASS7(odd)                                                                                  \
  __asm__ volatile("str r7, [r3]\n\tldm r2, {r7, r8, r9, r10, r11, r12, lr}\n"                               \
                   "1:\n\tldm r1, {r2, r3, r4, r5}\n\t" TSR_DSP_GROUP7(odd)                                  \
                   "stm r1!, {r2, r3, r4, r5}\n\tldr r6, [r1], #4\n\tadd r0, #32\n\tcmp r6, #0\n\tbne 1b\n\t" \
                   "ldr r7, [r1]"                                                                           \
                   : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3)                                                 \
                   :                                                                                        \
                   : "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory")

/* Five columns, stride 1. `odd`: the channel of the odd bytes. */
TSR_DSP_INLINE void tsr_dsp_pass5(const uint32_t *strip, int32_t *sums, const uint32_t *weights, int32_t *end,
                                  int32_t odd) {
  register const uint32_t *r0 __asm__("r0") = strip;
  register int32_t *r1 __asm__("r1") = sums;
  register const uint32_t *r2 __asm__("r2") = weights;
  register int32_t *r3 __asm__("r3") = end;
  if (odd) TSR_DSP_PASS5(", ror #8");
  else TSR_DSP_PASS5("");
}

/* Seven columns, stride 2. */
TSR_DSP_INLINE void tsr_dsp_pass7(const uint32_t *strip, int32_t *sums, const uint32_t *weights, int32_t *end,
                                  int32_t odd) {
  register const uint32_t *r0 __asm__("r0") = strip;
  register int32_t *r1 __asm__("r1") = sums;
  register const uint32_t *r2 __asm__("r2") = weights;
  register int32_t *r3 __asm__("r3") = end;
  if (odd) TSR_DSP_PASS7(", ror #8");
  else TSR_DSP_PASS7("");
}

#else

static inline void tsr_dsp_pass(const uint32_t *strip, int32_t *sums, const uint32_t *weights, const int32_t *end,
                                int32_t odd, int32_t columns, int32_t stride, int32_t group) {
  for (; sums != end; sums += tsr_dsp_strip_words, strip += group * stride) {
    for (int32_t o = 0; o < group; ++o) {
      for (int32_t i = 0; i < columns; ++i) {
        sums[o] = tsr_dsp_smlad(tsr_dsp_sxtb16(strip[o * stride + i] >> (8 * odd)), weights[i], sums[o]);
      }
    }
  }
}

static inline void tsr_dsp_pass5(const uint32_t *strip, int32_t *sums, const uint32_t *weights, int32_t *end,
                                 int32_t odd) {
  tsr_dsp_pass(strip, sums, weights, end, odd, 5, 1, tsr_dsp_strip5_group);
}

static inline void tsr_dsp_pass7(const uint32_t *strip, int32_t *sums, const uint32_t *weights, int32_t *end,
                                 int32_t odd) {
  tsr_dsp_pass(strip, sums, weights, end, odd, 7, 2, tsr_dsp_strip7_group);
}

#endif

#endif
