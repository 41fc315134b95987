/*
 * Sums of runs of taps for four channels at once, on Arm DSP: on those machines assembly, elsewhere C of the same
 * meaning.
 *
 * A run is `count` taps of one row, `step` bytes apart; its weights lie as words of four channels. Inputs count less
 * their
 * zero point, so that taps in the padding add nothing and are left out.
 */
#ifndef TSR_DSP_TAPS_H
#define TSR_DSP_TAPS_H

#include "tsr_dsp.h"

typedef struct tsr_dsp_run {
  const int8_t *from; /* the first tap's pixel */
  int32_t weights;    /* bytes from the weights of the first tap of all */
} tsr_dsp_run;

/* The assembly knows the offsets of the fields. */
typedef struct tsr_dsp_taps {
  uint32_t saved;
  int32_t step;
  int32_t count;         /* of the taps of each run, at least 1 */
  const tsr_dsp_run *run;
  const tsr_dsp_run *end; /* behind the last run, of which there is at least one */
  int32_t channel;
  const int8_t *weights;
  uint32_t minus_zero_point; /* as a pair */
} tsr_dsp_taps;

#if defined(__ARM_FEATURE_DSP) && defined(__thumb__)

/* r0 pixel, r1 context, r2 to r5 sums, r6 taps, r7 step, r8 weights, r9 minus the zero point; the others are free. */
#define TSR_DSP_TAP                                                                            \
  "ldr r10, [r0]\n\tldr r11, [r8], #4\n\tadd r0, r7\n\tsxtab16 r12, r9, r10\n\t"                \
  "sxtb16 lr, r11\n\tsxtab16 r10, r9, r10, ror #8\n\tsxtb16 r11, r11, ror #8\n\t"               \
  "smlabb r2, r12, lr, r2\n\tsmlatt r4, r12, lr, r4\n\t"                                        \
  "smlabb r3, r10, r11, r3\n\tsmlatt r5, r10, r11, r5\n\t"

/* Adds the runs to the sums of four channels. */
TSR_DSP_INLINE void tsr_dsp_add_taps(tsr_dsp_taps *context, int32_t *sums) {
  register int32_t *r0 __asm__("r0") = sums;
  register tsr_dsp_taps *r1 __asm__("r1") = context;
  register int32_t r2 __asm__("r2") = sums[0];
  register int32_t r3 __asm__("r3") = sums[1];
  register int32_t r4 __asm__("r4") = sums[2];
  register int32_t r5 __asm__("r5") = sums[3];
  __asm__ volatile(
      "str r7, [r1]\n\tldr r9, [r1, #28]\n\tldr r7, [r1, #4]\n\tldr lr, [r1, #12]\n"
      "3:\n\t"
      "ldm lr!, {r0, r8}\n\tldr r12, [r1, #20]\n\tldr r10, [r1, #24]\n\tldr r6, [r1, #8]\n\tstr lr, [r1, #12]\n\t"
      "add r0, r12\n\tadd r8, r10\n\tlsrs r6, #1\n\tbcc 1f\n\tadd r6, #1\n\tb 2f\n"
      "1:\n\t" TSR_DSP_TAP "2:\n\t" TSR_DSP_TAP "subs r6, #1\n\tbne 1b\n\t"
      "ldrd lr, r12, [r1, #12]\n\tcmp lr, r12\n\tbne 3b\n\t"
      "ldr r7, [r1]"
      : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3), "+r"(r4), "+r"(r5)
      :
      : "r6", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory");
  sums[0] = r2;
  sums[1] = r3;
  sums[2] = r4;
  sums[3] = r5;
}

#else

static inline void tsr_dsp_add_taps(tsr_dsp_taps *context, int32_t *sums) {
  const int32_t zero_point = -(int16_t)context->minus_zero_point;
  for (; context->run != context->end; ++context->run) {
    const int8_t *pixel = context->run->from + context->channel;
    const int8_t *weights = context->weights + context->run->weights;
    for (int32_t t = 0; t < context->count; ++t, pixel += context->step, weights += 4) {
      for (int32_t i = 0; i < 4; ++i) sums[i] += (pixel[i] - zero_point) * weights[i];
    }
  }
}

#endif

#endif
