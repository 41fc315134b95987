/*
 * Sums of an output pixel on Arm DSP that are added up part by part: the taps of a part are expanded, all output channels
 * run over them, and the sums wait in memory for the next part. So the expansion takes no more than the largest part.
 * Weights and the order of taps are those of tsr_dsp_dot.h; of a part they stand side by side.
 *
 * n pairs of taps of four channels take 20 + 6.9 n instructions (executed); 41 + 9.9 n cycles by Arm's table (Cortex-M4,
 * no wait states).
 */
#ifndef TSR_DSP_PARTS_H
#define TSR_DSP_PARTS_H

#include "tsr_dsp_dot.h"

typedef struct tsr_dsp_parts {
  const int32_t *weights; /* of the part, for the first four channels */
  int32_t gap;            /* bytes from the end of the weights of a part to where those of the next four channels begin */
  int32_t *sums;          /* of all channels: b0, b1, a0 and a1 of four (see tsr_dsp_dot.h), then of the next four */
  int32_t *sums_end;
  const uint32_t *activations;
  const uint32_t *activations_end;
  int32_t skip; /* bytes of code that the first round leaves out, and of what stands before it: loaded together */
  int32_t skip_first;
} tsr_dsp_parts;

/* Prepares for parts of so many pairs of taps, at least 1; `words`: from four channels to the next in the weights. */
TSR_DSP_INLINE void tsr_dsp_parts_prepare(tsr_dsp_parts *parts, int32_t pairs, int32_t words) {
  const int32_t rest = pairs & 3;
  parts->activations_end = parts->activations + pairs;
  parts->gap = 4 * words - 8 * pairs;
  parts->skip = 108 * (pairs < 4 ? 4 : -(pairs >> 2) & 3);
  parts->skip_first = rest == 0 ? 100 + parts->skip : 32 * (3 - rest);
}

/* Adds one part to all sums. */
TSR_DSP_INLINE void tsr_dsp_parts_add(const tsr_dsp_parts *parts) {
  const int32_t *weights = parts->weights;
  int32_t *sums = parts->sums;
#if defined(TSR_DSP_ASSEMBLY)
  /* As in tsr_dsp_dot_1 of tsr_dsp_dot.h: LDM wants its registers in ascending order, jumps code of known length. */
  register uint32_t w0 __asm__("r0");
  register uint32_t w1 __asm__("r1");
  register uint32_t w2 __asm__("r2");
  register uint32_t w3 __asm__("r3");
  register uint32_t x0 __asm__("r8");
  register uint32_t x1 __asm__("r9");
  register uint32_t x2 __asm__("r10");
  register uint32_t x3 __asm__("r12");
  uint32_t b0, b1, a0, a1, ap;
  __asm__ volatile(
      "1:\n\t"
      "ldr %[x1], %[to]\n\t"
      "ldr %[ap], %[activations]\n\t"
      "ldrd %[b0], %[b1], [%[x1]]\n\t"
      "ldrd %[a0], %[a1], [%[x1], #8]\n\t"
      TSR_DSP_PAIRS_1X4(TSR_DSP_FOUR_TIMES(TSR_DSP_STEP_1X4))
      "ldr %[x0], %[to]\n\t"
      "ldr %[x1], %[gap]\n\t"
      "ldr %[x2], %[end]\n\t"
      "strd %[b0], %[b1], [%[x0]], #8\n\t"
      "strd %[a0], %[a1], [%[x0]], #8\n\t"
      "add %[wp], %[x1]\n\t"
      "str %[x0], %[to]\n\t"
      "cmp %[x0], %[x2]\n\t"
      "bne.w 1b\n\t"
      : [b0] "=&r"(b0), [b1] "=&r"(b1), [a0] "=&r"(a0), [a1] "=&r"(a1), [w0] "=&r"(w0), [w1] "=&r"(w1),
        [w2] "=&r"(w2), [w3] "=&r"(w3), [x0] "=&r"(x0), [x1] "=&r"(x1), [x2] "=&r"(x2), [x3] "=&r"(x3),
        [ap] "=&r"(ap), [wp] "+r"(weights), [to] "+m"(sums)
      : [activations] "m"(parts->activations), [ap_end] "m"(parts->activations_end), [skip] "m"(parts->skip),
        [skip_first] "m"(parts->skip_first), [gap] "m"(parts->gap), [end] "m"(parts->sums_end)
      : "memory", "cc");
#else
  for (; sums != parts->sums_end; sums += 4, weights += parts->gap / 4) {
    for (const uint32_t *x = parts->activations; x != parts->activations_end; ++x, weights += 2) {
      const uint32_t w0 = (uint32_t)weights[0];
      const uint32_t w1 = (uint32_t)weights[1];
      sums[2] = tsr_dsp_smlad(*x, w0, sums[2]);
      sums[0] = tsr_dsp_smlad(*x, tsr_dsp_sxtb16(w0), sums[0]);
      sums[3] = tsr_dsp_smlad(*x, w1, sums[3]);
      sums[1] = tsr_dsp_smlad(*x, tsr_dsp_sxtb16(w1), sums[1]);
    }
  }
#endif
}

/* The outputs of four channels from their sums; `shift` is a constant. */
TSR_DSP_INLINE void tsr_dsp_parts_put(const int32_t *sums, const int32_t *multipliers, int32_t offset, int8_t *out,
                                      const int32_t shift) {
  const int32_t odd0 = (int32_t)((uint32_t)sums[2] - (uint32_t)sums[0]);
  const int32_t odd1 = (int32_t)((uint32_t)sums[3] - (uint32_t)sums[1]);
  int32_t y0 = tsr_dsp_smmla(sums[0], multipliers[0], offset);
  int32_t y1 = tsr_dsp_smmla(odd0, multipliers[2], 256 * offset);
  int32_t y2 = tsr_dsp_smmla(sums[1], multipliers[1], offset);
  int32_t y3 = tsr_dsp_smmla(odd1, multipliers[3], 256 * offset);
#if defined(TSR_DSP_ASSEMBLY)
  __asm__(TSR_DSP_LIMIT("y0", "shift") TSR_DSP_LIMIT("y1", "odd_shift")
          TSR_DSP_LIMIT("y2", "shift") TSR_DSP_LIMIT("y3", "odd_shift")
          : [y0] "+r"(y0), [y1] "+r"(y1), [y2] "+r"(y2), [y3] "+r"(y3)
          : [shift] "i"(shift), [odd_shift] "i"(shift + 8));
#else
  y0 = tsr_dsp_ssat8(y0 >> shift);
  y1 = tsr_dsp_ssat8(y1 >> (shift + 8));
  y2 = tsr_dsp_ssat8(y2 >> shift);
  y3 = tsr_dsp_ssat8(y3 >> (shift + 8));
#endif
  out[0] = (int8_t)y0;
  out[1] = (int8_t)y1;
  out[2] = (int8_t)y2;
  out[3] = (int8_t)y3;
}

#endif
