/*
 * Sums of products of packed weights and expanded activations, the inner loops of convolutions on Arm DSP.
 *
 * Weights of four output channels lie as one stream of words, all of it in the order of use:
 *   b0, b2, 256 * b1 + b0, 256 * b3 + b2     the biases
 *   for every pair of taps: the pairs (w0, w1) and (w2, w3)
 *   M0, M2, M1 / 256, M3 / 256               the multipliers
 * A word of weights holds two output channels and two taps: each half is 256 * (weight of the odd channel) + (weight of
 * the even one), modulo 2^16. Multiplied as it is, it gives A = 256 * odd + even; its sign-extended low bytes give
 * B = even; A - B is 256 times the odd channel's sum. So a weight takes one byte in flash and half an instruction to
 * expand, where two SXTB16 a word would take one. The compiler proves that nothing of this leaves 16 and 32 bits.
 *
 * Activations lie as pairs of int16, for each pair of taps one word a pixel.
 *
 * The loops are in assembly since they take every register that there is, and compilers spill. They are entered at the
 * step that leaves a whole number of rounds. Instructions a multiply-accumulate, without what stands round the loop:
 * 4 pixels x 2 channels 0.77, 2 x 4 0.77, 1 x 4 0.87; cycles by Arm's table (Cortex-M4, no wait states) 1.09, 1.03, 1.25.
 */
#ifndef TSR_DSP_DOT_H
#define TSR_DSP_DOT_H

#include "tsr_dsp.h"

/* What the loops need of the number of pairs, worked out once a pixel group. */
typedef struct tsr_dsp_loop {
  int32_t pairs;       /* at least 1 */
  int32_t skip;        /* bytes of code that the first round leaves out */
  const uint32_t *end; /* behind the activations that the rounds take */
} tsr_dsp_loop;

/* The loop of dot_4x2 and dot_2x4: a first step, then rounds of eight. */
static inline tsr_dsp_loop tsr_dsp_loop_of_eight(const uint32_t *activations, int32_t pairs, int32_t pixels) {
  const int32_t missing = pairs == 1 ? 8 : (1 - pairs) & 7;
  const tsr_dsp_loop loop = {pairs, 48 * missing, activations + pixels * pairs};
  return loop;
}

/* The loop of dot_1x4: rounds of four times four pairs, then single ones. */
static inline tsr_dsp_loop tsr_dsp_loop_of_sixteen(const uint32_t *activations, int32_t pairs) {
  const tsr_dsp_loop loop = {pairs, 108 * (-(pairs >> 2) & 3), activations + (pairs & ~3)};
  return loop;
}

#if defined(__ARM_FEATURE_DSP) && defined(__thumb__)

/* 48 bytes of code: one pair of taps for 4 pixels and 2 channels. The operands: where the sums come from. */
#define TSR_DSP_STEP_4X2(OFFSET, B0, B1, B2, B3, A0, A1, A2, A3) \
  "ldr %[w], [%[wp], #" OFFSET "]!\n\t"                          \
  "sxtb16 %[e], %[w]\n\t"                                        \
  "ldrd %[x0], %[x1], [%[ap]], #8\n\t"                           \
  "smlad %[b0], %[x0], %[e], %[" B0 "]\n\t"                      \
  "smlad %[a0], %[x0], %[w], %[" A0 "]\n\t"                      \
  "smlad %[b1], %[x1], %[e], %[" B1 "]\n\t"                      \
  "smlad %[a1], %[x1], %[w], %[" A1 "]\n\t"                      \
  "ldrd %[x0], %[x1], [%[ap]], #8\n\t"                           \
  "smlad %[b2], %[x0], %[e], %[" B2 "]\n\t"                      \
  "smlad %[a2], %[x0], %[w], %[" A2 "]\n\t"                      \
  "smlad %[b3], %[x1], %[e], %[" B3 "]\n\t"                      \
  "smlad %[a3], %[x1], %[w], %[" A3 "]\n\t"
#define TSR_DSP_NEXT_4X2 TSR_DSP_STEP_4X2("8", "b0", "b1", "b2", "b3", "a0", "a1", "a2", "a3")

/*
 * The sums of 4 pixels x 2 channels: b[pixel] those of the even channel, a[pixel] 256 times those of the odd one.
 * weights: the stream of four channels, or 4 bytes on for the upper two.
 * Gives the place of the last word of weights: the multipliers stand 2 and 4 words behind it.
 */
TSR_DSP_INLINE const int32_t *tsr_dsp_dot_4x2(int32_t b[4], int32_t a[4], const int32_t *weights,
                                              const uint32_t *activations, const tsr_dsp_loop *loop) {
  uint32_t w, e, x0, x1;
  __asm__ volatile(
      "ldr %[b3], [%[wp]]\n\t"
      "ldr %[a3], [%[wp], #8]\n\t"
      TSR_DSP_STEP_4X2("16", "b3", "b3", "b3", "b3", "a3", "a3", "a3", "a3")
      "ldr %[x0], %[skip]\n\t"
      "add pc, %[x0]\n\t"
      "nop\n"
      "1:\n\t" TSR_DSP_NEXT_4X2 TSR_DSP_NEXT_4X2 TSR_DSP_NEXT_4X2 TSR_DSP_NEXT_4X2 TSR_DSP_NEXT_4X2 TSR_DSP_NEXT_4X2
          TSR_DSP_NEXT_4X2 TSR_DSP_NEXT_4X2
      "ldr %[x0], %[end]\n\t"
      "cmp %[ap], %[x0]\n\t"
      "bne.w 1b\n\t"
      : [b0] "=&r"(b[0]), [b1] "=&r"(b[1]), [b2] "=&r"(b[2]), [b3] "=&r"(b[3]), [a0] "=&r"(a[0]), [a1] "=&r"(a[1]),
        [a2] "=&r"(a[2]), [a3] "=&r"(a[3]), [w] "=&r"(w), [e] "=&r"(e), [x0] "=&r"(x0), [x1] "=&r"(x1),
        [ap] "+&r"(activations), [wp] "+&r"(weights)
      : [skip] "m"(loop->skip), [end] "m"(loop->end)
      : "memory", "cc");
  a[0] -= b[0];
  a[1] -= b[1];
  a[2] -= b[2];
  a[3] -= b[3];
  return weights;
}

/* 48 bytes of code: one pair of taps for 2 pixels and 4 channels. */
#define TSR_DSP_STEP_2X4(OFFSET, B0, B1, B2, B3, A0, A1, A2, A3) \
  "ldrd %[w0], %[w1], [%[wp], #" OFFSET "]!\n\t"                 \
  "ldrd %[x0], %[x1], [%[ap]], #8\n\t"                           \
  "smlad %[a0], %[x0], %[w0], %[" A0 "]\n\t"                     \
  "smlad %[a1], %[x1], %[w0], %[" A1 "]\n\t"                     \
  "sxtb16 %[w0], %[w0]\n\t"                                      \
  "smlad %[b0], %[x0], %[w0], %[" B0 "]\n\t"                     \
  "smlad %[b1], %[x1], %[w0], %[" B1 "]\n\t"                     \
  "smlad %[a2], %[x0], %[w1], %[" A2 "]\n\t"                     \
  "smlad %[a3], %[x1], %[w1], %[" A3 "]\n\t"                     \
  "sxtb16 %[w1], %[w1]\n\t"                                      \
  "smlad %[b2], %[x0], %[w1], %[" B2 "]\n\t"                     \
  "smlad %[b3], %[x1], %[w1], %[" B3 "]\n\t"
#define TSR_DSP_NEXT_2X4 TSR_DSP_STEP_2X4("8", "b0", "b1", "b2", "b3", "a0", "a1", "a2", "a3")

/*
 * The sums of 2 pixels x 4 channels: b[pixel + 2 * channel / 2] those of the even channels, a[...] 256 times those of
 * the odd ones. Gives the place of the last two words of weights: the multipliers stand behind them.
 */
TSR_DSP_INLINE const int32_t *tsr_dsp_dot_2x4(int32_t b[4], int32_t a[4], const int32_t *weights,
                                              const uint32_t *activations, const tsr_dsp_loop *loop) {
  uint32_t w0, w1, x0, x1;
  __asm__ volatile(
      "ldrd %[b1], %[b3], [%[wp]]\n\t"
      "ldrd %[a1], %[a3], [%[wp], #8]\n\t"
      TSR_DSP_STEP_2X4("16", "b1", "b1", "b3", "b3", "a1", "a1", "a3", "a3")
      "ldr %[x0], %[skip]\n\t"
      "add pc, %[x0]\n\t"
      "nop\n"
      "1:\n\t" TSR_DSP_NEXT_2X4 TSR_DSP_NEXT_2X4 TSR_DSP_NEXT_2X4 TSR_DSP_NEXT_2X4 TSR_DSP_NEXT_2X4 TSR_DSP_NEXT_2X4
          TSR_DSP_NEXT_2X4 TSR_DSP_NEXT_2X4
      "ldr %[x0], %[end]\n\t"
      "cmp %[ap], %[x0]\n\t"
      "bne.w 1b\n\t"
      : [b0] "=&r"(b[0]), [b1] "=&r"(b[1]), [b2] "=&r"(b[2]), [b3] "=&r"(b[3]), [a0] "=&r"(a[0]), [a1] "=&r"(a[1]),
        [a2] "=&r"(a[2]), [a3] "=&r"(a[3]), [w0] "=&r"(w0), [w1] "=&r"(w1), [x0] "=&r"(x0), [x1] "=&r"(x1),
        [ap] "+&r"(activations), [wp] "+&r"(weights)
      : [skip] "m"(loop->skip), [end] "m"(loop->end)
      : "memory", "cc");
  a[0] -= b[0];
  a[1] -= b[1];
  a[2] -= b[2];
  a[3] -= b[3];
  return weights;
}

/* One pair of taps for 1 pixel and 4 channels. */
#define TSR_DSP_PAIR_1X4(X, W0, W1)                \
  "smlad %[a0], %[" X "], %[" W0 "], %[a0]\n\t"    \
  "sxtb16 %[" W0 "], %[" W0 "]\n\t"                \
  "smlad %[b0], %[" X "], %[" W0 "], %[b0]\n\t"    \
  "smlad %[a1], %[" X "], %[" W1 "], %[a1]\n\t"    \
  "sxtb16 %[" W1 "], %[" W1 "]\n\t"                \
  "smlad %[b1], %[" X "], %[" W1 "], %[b1]\n\t"

/* 108 bytes of code: four pairs of taps. */
#define TSR_DSP_STEP_1X4                                         \
  "ldm.w %[ap]!, {%[x0], %[x1], %[x2], %[x3]}\n\t"               \
  "ldm.w %[wp]!, {%[w0], %[w1], %[w2], %[w3]}\n\t"               \
  TSR_DSP_PAIR_1X4("x0", "w0", "w1") TSR_DSP_PAIR_1X4("x1", "w2", "w3") \
  "ldm.w %[wp]!, {%[w0], %[w1], %[w2], %[w3]}\n\t"               \
  TSR_DSP_PAIR_1X4("x2", "w0", "w1") TSR_DSP_PAIR_1X4("x3", "w2", "w3")

/*
 * The sums of 1 pixel x 4 channels: b[channel / 2] those of the even channels, a[...] 256 times those of the odd ones.
 * Gives the place of the multipliers. (LDM wants its registers in ascending order, so these have names.)
 */
TSR_DSP_INLINE const int32_t *tsr_dsp_dot_1x4(int32_t b[2], int32_t a[2], const int32_t *weights,
                                              const uint32_t *activations, const tsr_dsp_loop *loop) {
  register uint32_t w0 __asm__("r0");
  register uint32_t w1 __asm__("r1");
  register uint32_t w2 __asm__("r2");
  register uint32_t w3 __asm__("r3");
  register uint32_t x0 __asm__("r8");
  register uint32_t x1 __asm__("r9");
  register uint32_t x2 __asm__("r10");
  register uint32_t x3 __asm__("r12");
  int32_t b0 = weights[0];
  int32_t b1 = weights[1];
  int32_t a0 = weights[2];
  int32_t a1 = weights[3];
  weights += 4;
  if (loop->pairs >= 4) {
    __asm__ volatile(
        "ldr %[x0], %[skip]\n\t"
        "add pc, %[x0]\n\t"
        "nop\n"
        "1:\n\t" TSR_DSP_STEP_1X4 TSR_DSP_STEP_1X4 TSR_DSP_STEP_1X4 TSR_DSP_STEP_1X4
        "ldr %[x0], %[end]\n\t"
        "cmp %[ap], %[x0]\n\t"
        "bne.w 1b\n\t"
        : [b0] "+&r"(b0), [b1] "+&r"(b1), [a0] "+&r"(a0), [a1] "+&r"(a1), [w0] "=&r"(w0), [w1] "=&r"(w1),
          [w2] "=&r"(w2), [w3] "=&r"(w3), [x0] "=&r"(x0), [x1] "=&r"(x1), [x2] "=&r"(x2), [x3] "=&r"(x3),
          [ap] "+&r"(activations), [wp] "+&r"(weights)
        : [skip] "m"(loop->skip), [end] "m"(loop->end)
        : "memory", "cc");
  }
  for (int32_t pairs = loop->pairs & 3; pairs > 0; --pairs) {
    const uint32_t x = *activations++;
    const uint32_t low = (uint32_t)*weights++;
    const uint32_t high = (uint32_t)*weights++;
    a0 = tsr_dsp_smlad(x, low, a0);
    b0 = tsr_dsp_smlad(x, tsr_dsp_sxtb16(low), b0);
    a1 = tsr_dsp_smlad(x, high, a1);
    b1 = tsr_dsp_smlad(x, tsr_dsp_sxtb16(high), b1);
  }
  b[0] = b0;
  b[1] = b1;
  a[0] = a0 - b0;
  a[1] = a1 - b1;
  return weights;
}

#else

/* The sums of `pixels` x 2 channels; weights as above. Gives the place of the last word of weights. */
static inline const int32_t *tsr_dsp_dot_portable(int32_t *b, int32_t *a, const int32_t *weights,
                                                  const uint32_t *activations, int32_t pairs, int32_t pixels) {
  for (int32_t p = 0; p < pixels; ++p) {
    b[p] = weights[0];
    a[p] = weights[2];
  }
  weights += 2;
  for (int32_t k = 0; k < pairs; ++k) {
    weights += 2;
    for (int32_t p = 0; p < pixels; ++p) {
      b[p] = tsr_dsp_smlad(*activations, tsr_dsp_sxtb16((uint32_t)*weights), b[p]);
      a[p] = tsr_dsp_smlad(*activations, (uint32_t)*weights, a[p]);
      ++activations;
    }
  }
  for (int32_t p = 0; p < pixels; ++p) a[p] = (int32_t)((uint32_t)a[p] - (uint32_t)b[p]);
  return weights;
}

static inline const int32_t *tsr_dsp_dot_4x2(int32_t b[4], int32_t a[4], const int32_t *weights,
                                             const uint32_t *activations, const tsr_dsp_loop *loop) {
  return tsr_dsp_dot_portable(b, a, weights, activations, loop->pairs, 4);
}

static inline const int32_t *tsr_dsp_dot_2x4(int32_t b[4], int32_t a[4], const int32_t *weights,
                                             const uint32_t *activations, const tsr_dsp_loop *loop) {
  tsr_dsp_dot_portable(b + 2, a + 2, weights + 1, activations, loop->pairs, 2);
  return tsr_dsp_dot_portable(b, a, weights, activations, loop->pairs, 2);
}

static inline const int32_t *tsr_dsp_dot_1x4(int32_t b[2], int32_t a[2], const int32_t *weights,
                                             const uint32_t *activations, const tsr_dsp_loop *loop) {
  tsr_dsp_dot_portable(b + 1, a + 1, weights + 1, activations, loop->pairs, 1);
  return tsr_dsp_dot_portable(b, a, weights, activations, loop->pairs, 1) + 2;
}

#endif

#endif
