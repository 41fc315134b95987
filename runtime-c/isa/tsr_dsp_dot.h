/*
 * Output pixels of a convolution on Arm DSP: sums of products of packed weights and expanded activations, requantised.
 *
 * Weights of four output channels lie as one stream of words, all of it in the order of use:
 *   b0, b2, 256 * b1 + b0, 256 * b3 + b2     the biases
 *   for every pair of taps: the words (w0, w1) and (w2, w3)
 *   M0, M2, M1, M3                           the multipliers, of even and odd channels alike
 * A word of weights holds two output channels and two taps: each half is 256 * (weight of the odd channel) + (weight of
 * the even one), modulo 2^16. Multiplied as it is, it gives A = 256 * odd + even; its sign-extended low bytes give
 * B = even; A - B is 256 times the odd channel's sum. So a weight takes one byte in flash and half an instruction to
 * expand, where two SXTB16 a word would take one. The compiler proves that nothing of this leaves 16 and 32 bits.
 *
 * An output is floor((sum * M + offset * 2^32) / 2^(32 + shift)), limited to int8, where SSAT wants the shift as a part
 * of the instruction. So the kernel has one shift, and 8 more for the 256 times of odd channels, and the compiler makes
 * multipliers and offsets for it: those of tsr_requantize (M is a multiple of 256) divided by a power of two, exactly.
 *
 * Activations lie as pairs of int16, for each pair of taps one word a pixel.
 *
 * Output rows are interleaved, the channels of a pixel side by side, or planar, the pixels of a channel side by side: then
 * 4 or 2 pixels go in one store, at any address.
 *
 * The loops are in assembly since they take every register that there is, and compilers spill: what the requantisation
 * needs waits on the stack. Rounds are entered at the step that leaves a whole number of them. Instructions (executed)
 * of n pairs of taps for 8 sums: 4 pixels x 2 channels 44 + 12.2 n, 2 x 4 45 + 12.2 n; for 4 sums of 1 x 4 25 + 6.8 n.
 * Cycles by Arm's table (Cortex-M4, no wait states): 65 + 17.3 n, 65 + 16.3 n, 42 + 9.8 n.
 */
#ifndef TSR_DSP_DOT_H
#define TSR_DSP_DOT_H

#include "tsr_dsp.h"

/* What the output pixels of a group are computed from. */
typedef struct tsr_dsp_dot {
  int32_t offset;     /* of the even channels; the order is that of the loads below */
  int32_t odd_offset;
  int32_t pixel; /* bytes from one output pixel to the next; where rows are planar, from one channel to the next */
  int32_t pixel3; /* three times that; 0 says that rows are planar */
  int32_t channel; /* bytes from one output channel to the next */
  int32_t channel3;
  const int32_t *weights;
  int8_t *out;           /* loaded together with the next */
  const int8_t *out_end; /* where `out` stands when all channels are done */
  const uint32_t *activations;
  const uint32_t *activations_end;
  int32_t skip;       /* bytes of code that the first round leaves out; loaded together with the next */
  int32_t skip_first; /* the same of what stands before it */
  int32_t pairs; /* of taps, at least 1 */
} tsr_dsp_dot;

/* Prepares groups of so many pixels: 1, 2 or 4. */
TSR_DSP_INLINE void tsr_dsp_dot_group(tsr_dsp_dot *d, int32_t pixels) {
  const int32_t pairs = d->pairs;
  d->activations_end = d->activations + pixels * pairs;
  if (pixels == 1) {
    /* 32 bytes a pair, up to 3 of them, and 4 of the jump; 108 bytes four pairs, in rounds of 32. */
    const int32_t rest = pairs & 3;
    d->skip = 108 * (pairs < 4 ? 8 : -(pairs >> 2) & 7);
    d->skip_first = rest == 0 ? 100 + d->skip : 32 * (3 - rest);
  } else {
    /* 48 bytes a pair behind the first, in rounds of 16. */
    d->skip = 48 * (pairs == 1 ? 16 : (1 - pairs) & 15);
  }
}

#if defined(TSR_DSP_ASSEMBLY)

/* One pair of taps for 4 pixels and 2 channels. The last operands: where the sums come from. */
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

/* One pair of taps for 2 pixels and 4 channels. */
#define TSR_DSP_STEP_2X4(OFFSET, B0, B1, B2, B3, A0, A1, A2, A3) \
  "ldrd %[w], %[e], [%[wp], #" OFFSET "]!\n\t"                   \
  "ldrd %[x0], %[x1], [%[ap]], #8\n\t"                           \
  "smlad %[a0], %[x0], %[w], %[" A0 "]\n\t"                      \
  "smlad %[a1], %[x1], %[w], %[" A1 "]\n\t"                      \
  "sxtb16 %[w], %[w]\n\t"                                        \
  "smlad %[b0], %[x0], %[w], %[" B0 "]\n\t"                      \
  "smlad %[b1], %[x1], %[w], %[" B1 "]\n\t"                      \
  "smlad %[a2], %[x0], %[e], %[" A2 "]\n\t"                      \
  "smlad %[a3], %[x1], %[e], %[" A3 "]\n\t"                      \
  "sxtb16 %[e], %[e]\n\t"                                        \
  "smlad %[b2], %[x0], %[e], %[" B2 "]\n\t"                      \
  "smlad %[b3], %[x1], %[e], %[" B3 "]\n\t"
#define TSR_DSP_NEXT_2X4 TSR_DSP_STEP_2X4("8", "b0", "b1", "b2", "b3", "a0", "a1", "a2", "a3")

#define TSR_DSP_FOUR_TIMES(STEP) STEP STEP STEP STEP

/* Rounds of sixteen pairs of taps. */
#define TSR_DSP_ROUNDS(STEP)                            \
  "ldr %[x0], %[skip]\n\t"                              \
  "add pc, %[x0]\n\t"                                   \
  "nop\n"                                               \
  "2:\n\t" TSR_DSP_FOUR_TIMES(TSR_DSP_FOUR_TIMES(STEP)) \
  "ldr %[x0], %[ap_end]\n\t"                            \
  "cmp %[ap], %[x0]\n\t"                                \
  "bne.w 2b\n\t"

/* The high words of four sums times a multiplier, and the offset. */
#define TSR_DSP_SCALE(NAME, REST) "smmla %[" NAME "], %[" NAME "], " REST "\n\t"
#define TSR_DSP_SCALE_FOUR(NAME, REST)                                                                \
  TSR_DSP_SCALE(NAME "0", REST) TSR_DSP_SCALE(NAME "1", REST) TSR_DSP_SCALE(NAME "2", REST)           \
      TSR_DSP_SCALE(NAME "3", REST)

#define TSR_DSP_LIMIT(NAME, SHIFT) "ssat %[" NAME "], #8, %[" NAME "], asr %[" SHIFT "]\n\t"
#define TSR_DSP_LIMIT_FOUR(NAME, SHIFT)                                                        \
  TSR_DSP_LIMIT(NAME "0", SHIFT) TSR_DSP_LIMIT(NAME "1", SHIFT) TSR_DSP_LIMIT(NAME "2", SHIFT) \
      TSR_DSP_LIMIT(NAME "3", SHIFT)

#define TSR_DSP_ODD_CHANNELS    \
  "sub %[a0], %[a0], %[b0]\n\t" \
  "sub %[a1], %[a1], %[b1]\n\t" \
  "sub %[a2], %[a2], %[b2]\n\t" \
  "sub %[a3], %[a3], %[b3]\n\t"

#define TSR_DSP_DOT_OPERANDS                                                                                      \
  [b0] "=&r"(b0), [b1] "=&r"(b1), [b2] "=&r"(b2), [b3] "=&r"(b3), [a0] "=&r"(a0), [a1] "=&r"(a1), [a2] "=&r"(a2), \
      [a3] "=&r"(a3), [w] "=&r"(w), [e] "=&r"(e), [x0] "=&r"(x0), [x1] "=&l"(x1), [ap] "=&r"(ap), [wp] "=&r"(wp), \
      [out] "+m"(d->out)

#define TSR_DSP_DOT_INPUTS                                                                                      \
  [weights] "m"(d->weights), [activations] "m"(d->activations), [ap_end] "m"(d->activations_end),               \
      [skip] "m"(d->skip), [skip_first] "m"(d->skip_first), [out_end] "m"(d->out_end), [offset] "m"(d->offset), \
      [pixel] "m"(d->pixel), [channel] "m"(d->channel), [shift] "i"(shift), [odd_shift] "i"(shift + 8)

/* Two of every four channels of 4 pixels: the lower two, or with weights 4 bytes and out 2 bytes on the upper two. */
TSR_DSP_INLINE void tsr_dsp_dot_half_4x2(tsr_dsp_dot *d, const int32_t shift) {
  uint32_t b0, b1, b2, b3, a0, a1, a2, a3, w, e, x0, x1, ap, wp;
  __asm__ volatile(
      "ldr %[wp], %[weights]\n"
      "1:\n\t"
      "ldr %[ap], %[activations]\n\t"
      "ldr %[b3], [%[wp]]\n\t"
      "ldr %[a3], [%[wp], #8]\n\t"
      TSR_DSP_STEP_4X2("16", "b3", "b3", "b3", "b3", "a3", "a3", "a3", "a3")
      TSR_DSP_ROUNDS(TSR_DSP_NEXT_4X2)
      TSR_DSP_ODD_CHANNELS
      "ldrd %[e], %[w], %[offset]\n\t"
      "ldr %[x0], [%[wp], #8]\n\t"
      "ldr %[x1], [%[wp], #16]\n\t"
      "add %[wp], #24\n\t"
      TSR_DSP_SCALE_FOUR("b", "%[x0], %[e]")
      TSR_DSP_SCALE_FOUR("a", "%[x1], %[w]")
      TSR_DSP_LIMIT_FOUR("b", "shift")
      TSR_DSP_LIMIT_FOUR("a", "odd_shift")
      "ldr %[ap], %[out]\n\t"
      "ldrd %[x0], %[x1], %[pixel]\n\t"
      "ldr %[e], %[out_end]\n\t"
      "cbz %[x1], 3f\n\t"
      "strb %[b1], [%[ap], %[x0]]\n\t"
      "strb %[b2], [%[ap], %[x0], lsl #1]\n\t"
      "strb %[b3], [%[ap], %[x1]]\n\t"
      "strb %[b0], [%[ap]], #1\n\t"
      "strb %[a1], [%[ap], %[x0]]\n\t"
      "strb %[a2], [%[ap], %[x0], lsl #1]\n\t"
      "strb %[a3], [%[ap], %[x1]]\n\t"
      "strb %[a0], [%[ap]], #3\n"
      "4:\n\t"
      "str %[ap], %[out]\n\t"
      "cmp %[ap], %[e]\n\t"
      "bne.w 1b\n\t"
      "b 5f\n"
      "3:\n\t"
      "bfi %[b0], %[b1], #8, #8\n\t"
      "bfi %[b2], %[b3], #8, #8\n\t"
      "bfi %[a0], %[a1], #8, #8\n\t"
      "bfi %[a2], %[a3], #8, #8\n\t"
      "pkhbt %[b0], %[b0], %[b2], lsl #16\n\t"
      "pkhbt %[a0], %[a0], %[a2], lsl #16\n\t"
      "str %[b0], [%[ap]]\n\t"
      "str %[a0], [%[ap], %[x0]]\n\t"
      "add %[ap], %[ap], %[x0], lsl #2\n\t"
      "b 4b\n"
      "5:\n\t"
      : TSR_DSP_DOT_OPERANDS
      : TSR_DSP_DOT_INPUTS
      : "memory", "cc");
}

/* All channels of 4 pixels, a multiple of 4 and at least 4; `bytes` are those of all channels, one from the other. */
TSR_DSP_INLINE void tsr_dsp_dot_4(tsr_dsp_dot *d, int8_t *out, int32_t bytes, const int32_t shift) {
  const int32_t two = 2 * d->channel;
  d->out = out;
  d->out_end = out + bytes;
  for (int32_t half = 0; half < 2; ++half) {
    tsr_dsp_dot_half_4x2(d, shift);
    d->weights += 1;
    d->out += two - bytes;
    d->out_end += two;
  }
  d->weights -= 2;
}

/* All channels of 2 pixels. */
TSR_DSP_INLINE void tsr_dsp_dot_2(tsr_dsp_dot *d, int8_t *out, int32_t bytes, const int32_t shift) {
  d->out = out;
  d->out_end = out + bytes;
  uint32_t b0, b1, b2, b3, a0, a1, a2, a3, w, e, x0, x1, ap, wp;
  __asm__ volatile(
      "ldr %[wp], %[weights]\n"
      "1:\n\t"
      "ldr %[ap], %[activations]\n\t"
      "ldrd %[b1], %[b3], [%[wp]]\n\t"
      "ldrd %[a1], %[a3], [%[wp], #8]\n\t"
      TSR_DSP_STEP_2X4("16", "b1", "b1", "b3", "b3", "a1", "a1", "a3", "a3")
      TSR_DSP_ROUNDS(TSR_DSP_NEXT_2X4)
      TSR_DSP_ODD_CHANNELS
      "ldrd %[x0], %[x1], %[offset]\n\t"
      "ldrd %[w], %[e], [%[wp], #8]\n\t"
      "smmla %[b0], %[b0], %[w], %[x0]\n\t"
      "smmla %[b1], %[b1], %[w], %[x0]\n\t"
      "smmla %[b2], %[b2], %[e], %[x0]\n\t"
      "smmla %[b3], %[b3], %[e], %[x0]\n\t"
      "ldrd %[w], %[e], [%[wp], #16]\n\t"
      "smmla %[a0], %[a0], %[w], %[x1]\n\t"
      "smmla %[a1], %[a1], %[w], %[x1]\n\t"
      "smmla %[a2], %[a2], %[e], %[x1]\n\t"
      "smmla %[a3], %[a3], %[e], %[x1]\n\t"
      "add %[wp], #24\n\t"
      TSR_DSP_LIMIT_FOUR("b", "shift")
      TSR_DSP_LIMIT_FOUR("a", "odd_shift")
      "ldr %[ap], %[out]\n\t"
      "ldrd %[x0], %[x1], %[pixel]\n\t"
      "ldr %[e], %[out_end]\n\t"
      "cbz %[x1], 3f\n\t"
      "strb %[a0], [%[ap], #1]\n\t"
      "strb %[b2], [%[ap], #2]\n\t"
      "strb %[a2], [%[ap], #3]\n\t"
      "strb %[b1], [%[ap], %[x0]]\n\t"
      "add %[x0], %[ap]\n\t"
      "strb %[a1], [%[x0], #1]\n\t"
      "strb %[b3], [%[x0], #2]\n\t"
      "strb %[a3], [%[x0], #3]\n\t"
      "strb %[b0], [%[ap]], #4\n"
      "4:\n\t"
      "str %[ap], %[out]\n\t"
      "cmp %[ap], %[e]\n\t"
      "bne.w 1b\n\t"
      "b 5f\n"
      "3:\n\t"
      "bfi %[b0], %[b1], #8, #8\n\t"
      "bfi %[a0], %[a1], #8, #8\n\t"
      "bfi %[b2], %[b3], #8, #8\n\t"
      "bfi %[a2], %[a3], #8, #8\n\t"
      "strh %[b0], [%[ap]]\n\t"
      "strh %[a0], [%[ap], %[x0]]\n\t"
      "strh %[b2], [%[ap], %[x0], lsl #1]\n\t"
      "add %[ap], %[ap], %[x0], lsl #2\n\t"
      "sub %[x1], %[ap], %[x0]\n\t"
      "strh %[a2], [%[x1]]\n\t"
      "b 4b\n"
      "5:\n\t"
      : TSR_DSP_DOT_OPERANDS
      : TSR_DSP_DOT_INPUTS
      : "memory", "cc");
}

/* One pair of taps for 1 pixel and 4 channels. */
#define TSR_DSP_PAIR_1X4(X, W0, W1)             \
  "smlad %[a0], %[" X "], %[" W0 "], %[a0]\n\t" \
  "sxtb16 %[" W0 "], %[" W0 "]\n\t"             \
  "smlad %[b0], %[" X "], %[" W0 "], %[b0]\n\t" \
  "smlad %[a1], %[" X "], %[" W1 "], %[a1]\n\t" \
  "sxtb16 %[" W1 "], %[" W1 "]\n\t"             \
  "smlad %[b1], %[" X "], %[" W1 "], %[b1]\n\t"

/* Four pairs of taps. */
#define TSR_DSP_STEP_1X4                                                \
  "ldm.w %[ap]!, {%[x0], %[x1], %[x2], %[x3]}\n\t"                      \
  "ldm.w %[wp]!, {%[w0], %[w1], %[w2], %[w3]}\n\t"                      \
  TSR_DSP_PAIR_1X4("x0", "w0", "w1") TSR_DSP_PAIR_1X4("x1", "w2", "w3") \
  "ldm.w %[wp]!, {%[w0], %[w1], %[w2], %[w3]}\n\t"                      \
  TSR_DSP_PAIR_1X4("x2", "w0", "w1") TSR_DSP_PAIR_1X4("x3", "w2", "w3")

/* One pair of taps. */
#define TSR_DSP_SINGLE_1X4       \
  "ldr.w %[x0], [%[ap]], #4\n\t" \
  "ldrd %[w0], %[w1], [%[wp]], #8\n\t" TSR_DSP_PAIR_1X4("x0", "w0", "w1")

/* All pairs of taps for 1 pixel and 4 channels: up to three by themselves, then rounds of STEPS. */
#define TSR_DSP_PAIRS_1X4(STEPS)                                                                                      \
  "ldrd %[x1], %[x0], %[skip]\n\t"                                                                                    \
  "add pc, %[x0]\n\t"                                                                                                 \
  "nop\n\t"                                                                                                           \
  TSR_DSP_SINGLE_1X4 TSR_DSP_SINGLE_1X4 TSR_DSP_SINGLE_1X4                                                            \
  "add pc, %[x1]\n\t"                                                                                                 \
  "nop\n"                                                                                                             \
  "2:\n\t" STEPS                                                                                                      \
  "ldr %[x0], %[ap_end]\n\t"                                                                                          \
  "cmp %[ap], %[x0]\n\t"                                                                                              \
  "bne.w 2b\n\t"

/* The multiplied sums of 4 channels, with the multipliers that come next in the weights. */
#define TSR_DSP_SCALE_1X4                                                                                             \
  "sub %[a0], %[a0], %[b0]\n\t"                                                                                       \
  "sub %[a1], %[a1], %[b1]\n\t"                                                                                       \
  "ldrd %[x0], %[x1], %[offset]\n\t"                                                                                  \
  "ldm.w %[wp]!, {%[w0], %[w1], %[w2], %[w3]}\n\t"                                                                    \
  "smmla %[b0], %[b0], %[w0], %[x0]\n\t"                                                                              \
  "smmla %[b1], %[b1], %[w1], %[x0]\n\t"                                                                              \
  "smmla %[a0], %[a0], %[w2], %[x1]\n\t"                                                                              \
  "smmla %[a1], %[a1], %[w3], %[x1]\n\t"

/* Limits the outputs of 4 channels, and puts them where `ap` points. */
#define TSR_DSP_STORE_1X4                                                                                             \
  TSR_DSP_LIMIT("b0", "shift")                                                                                        \
  TSR_DSP_LIMIT("b1", "shift")                                                                                        \
  TSR_DSP_LIMIT("a0", "odd_shift")                                                                                    \
  TSR_DSP_LIMIT("a1", "odd_shift")                                                                                    \
  "strb %[a0], [%[ap], #1]\n\t"                                                                                       \
  "strb %[b1], [%[ap], #2]\n\t"                                                                                       \
  "strb %[a1], [%[ap], #3]\n\t"                                                                                       \
  "strb %[b0], [%[ap]], #4\n\t"                                                                                       \
  "str %[ap], %[out]\n\t"

/* The same where channels do not lie side by side. */
#define TSR_DSP_STORE_APART_1X4                                                                                       \
  TSR_DSP_LIMIT("b0", "shift")                                                                                        \
  TSR_DSP_LIMIT("b1", "shift")                                                                                        \
  TSR_DSP_LIMIT("a0", "odd_shift")                                                                                    \
  TSR_DSP_LIMIT("a1", "odd_shift")                                                                                    \
  "ldrd %[x0], %[x1], %[channel]\n\t"                                                                                 \
  "strb %[b0], [%[ap]]\n\t"                                                                                           \
  "strb %[a0], [%[ap], %[x0]]\n\t"                                                                                    \
  "strb %[b1], [%[ap], %[x0], lsl #1]\n\t"                                                                            \
  "strb %[a1], [%[ap], %[x1]]\n\t"                                                                                    \
  "add %[ap], %[ap], %[x0], lsl #2\n\t"                                                                               \
  "str %[ap], %[out]\n\t"

/*
 * All channels of 1 pixel: a rest of up to three pairs of taps, then rounds. LDM wants its registers in ascending
 * order: they have names, and those of the jumps make LDR four bytes long.
 */
#define TSR_DSP_ALL_1X4(STORE)                                                                          \
  register uint32_t w0 __asm__("r0");                                                                   \
  register uint32_t w1 __asm__("r1");                                                                   \
  register uint32_t w2 __asm__("r2");                                                                   \
  register uint32_t w3 __asm__("r3");                                                                   \
  register uint32_t x0 __asm__("r8");                                                                   \
  register uint32_t x1 __asm__("r9");                                                                   \
  register uint32_t x2 __asm__("r10");                                                                  \
  register uint32_t x3 __asm__("r12");                                                                  \
  uint32_t b0, b1, a0, a1, ap, wp;                                                                      \
  __asm__ volatile(                                                                                     \
      "ldr %[wp], %[weights]\n"                                                                         \
      "1:\n\t"                                                                                          \
      "ldr %[ap], %[activations]\n\t"                                                                   \
      "ldrd %[b0], %[b1], [%[wp]]\n\t"                                                                  \
      "ldrd %[a0], %[a1], [%[wp], #8]\n\t"                                                              \
      "add %[wp], #16\n\t"                                                                              \
      TSR_DSP_PAIRS_1X4(TSR_DSP_FOUR_TIMES(TSR_DSP_STEP_1X4) TSR_DSP_FOUR_TIMES(TSR_DSP_STEP_1X4))      \
      TSR_DSP_SCALE_1X4                                                                                 \
      "ldrd %[ap], %[x2], %[out]\n\t"                                                                   \
      STORE                                                                                             \
      "cmp %[ap], %[x2]\n\t"                                                                            \
      "bne.w 1b\n\t"                                                                                    \
      : [b0] "=&r"(b0), [b1] "=&r"(b1), [a0] "=&r"(a0), [a1] "=&r"(a1), [w0] "=&r"(w0), [w1] "=&r"(w1), \
        [w2] "=&r"(w2), [w3] "=&r"(w3), [x0] "=&r"(x0), [x1] "=&r"(x1), [x2] "=&r"(x2), [x3] "=&r"(x3), \
        [ap] "=&r"(ap), [wp] "=&r"(wp), [out] "+m"(d->out)                                              \
      : TSR_DSP_DOT_INPUTS                                                                              \
      : "memory", "cc")

TSR_DSP_INLINE void tsr_dsp_dot_1(tsr_dsp_dot *d, int8_t *out, int32_t bytes, const int32_t shift) {
  d->out = out;
  d->out_end = out + bytes;
  TSR_DSP_ALL_1X4(TSR_DSP_STORE_APART_1X4);
}

/* The same of interleaved rows alone. */
TSR_DSP_INLINE void tsr_dsp_dot_1_interleaved(tsr_dsp_dot *d, int8_t *out, int32_t bytes, const int32_t shift) {
  d->out = out;
  d->out_end = out + bytes;
  TSR_DSP_ALL_1X4(TSR_DSP_STORE_1X4);
}

#endif

/* One output of a pixel. */
TSR_DSP_INLINE void tsr_dsp_put(int8_t *out, int32_t sum, int32_t multiplier, int32_t offset, int32_t shift) {
  *out = (int8_t)tsr_dsp_ssat8(tsr_dsp_smmla(sum, multiplier, offset) >> shift);
}

#if !defined(TSR_DSP_ASSEMBLY)

/* All channels of any number of pixels, in C. */
static inline void tsr_dsp_dot_any(const tsr_dsp_dot *d, int8_t *out, int32_t bytes, int32_t pixels, int32_t shift) {
  const int32_t *weights = d->weights;
  const int32_t channel = d->channel;
  const int32_t pixel = d->pixel3 == 0 ? 1 : d->pixel;
  for (int32_t at = 0; at < bytes; at += 4 * channel, weights += 8 + 2 * d->pairs) {
    const int32_t *m = weights + 4 + 2 * d->pairs;
    for (int32_t i = 0; i < pixels; ++i) {
      int32_t b0 = weights[0];
      int32_t b1 = weights[1];
      int32_t a0 = weights[2];
      int32_t a1 = weights[3];
      const uint32_t *x = d->activations + i;
      for (const int32_t *w = weights + 4; w < m; w += 2, x += pixels) {
        a0 = tsr_dsp_smlad(*x, (uint32_t)w[0], a0);
        b0 = tsr_dsp_smlad(*x, tsr_dsp_sxtb16((uint32_t)w[0]), b0);
        a1 = tsr_dsp_smlad(*x, (uint32_t)w[1], a1);
        b1 = tsr_dsp_smlad(*x, tsr_dsp_sxtb16((uint32_t)w[1]), b1);
      }
      int8_t *to = out + at + i * pixel;
      tsr_dsp_put(to, b0, m[0], d->offset, shift);
      tsr_dsp_put(to + channel, (int32_t)((uint32_t)a0 - (uint32_t)b0), m[2], d->odd_offset, shift + 8);
      tsr_dsp_put(to + 2 * channel, b1, m[1], d->offset, shift);
      tsr_dsp_put(to + 3 * channel, (int32_t)((uint32_t)a1 - (uint32_t)b1), m[3], d->odd_offset, shift + 8);
    }
  }
}

static inline void tsr_dsp_dot_4(tsr_dsp_dot *d, int8_t *out, int32_t bytes, const int32_t shift) {
  tsr_dsp_dot_any(d, out, bytes, 4, shift);
}

static inline void tsr_dsp_dot_2(tsr_dsp_dot *d, int8_t *out, int32_t bytes, const int32_t shift) {
  tsr_dsp_dot_any(d, out, bytes, 2, shift);
}

static inline void tsr_dsp_dot_1(tsr_dsp_dot *d, int8_t *out, int32_t bytes, const int32_t shift) {
  tsr_dsp_dot_any(d, out, bytes, 1, shift);
}

static inline void tsr_dsp_dot_1_interleaved(tsr_dsp_dot *d, int8_t *out, int32_t bytes, const int32_t shift) {
  tsr_dsp_dot_any(d, out, bytes, 1, shift);
}

#endif

#endif
