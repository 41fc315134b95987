/*
 * Depthwise 3 x 3 convolutions of one pixel, or of two neighbours, on Arm DSP: on those machines assembly, since
 * compilers run out of registers here, elsewhere C of the same meaning.
 *
 * Four channels at a time, from three rows as they lie. Halves of the words of two rows, or of two columns of the third,
 * are packed into words of two channels; SXTB16 of such a word gives a channel's pair, and SMLAD multiplies it. Weights
 * as isa/tsr_dsp_columns.h has them.
 *
 * Instructions for four channels: one pixel 110, two pixels 170; 28 and 37 more where a tap is padding.
 */
#ifndef TSR_DSP_PIXELS_H
#define TSR_DSP_PIXELS_H

#include "tsr_dsp.h"

/* The assembly knows the offsets of the fields. */
typedef struct tsr_dsp_pixels {
  const int8_t *rows[3]; /* the first tap: four channels */
  int32_t step;          /* bytes from a column to the next */
  const int32_t *weights;
  const int8_t *out_end; /* where `out` stands when all channels are done */
  int8_t *out;           /* the first pixel */
  int32_t out_step;      /* bytes to the second */
  int32_t offset;
  uint32_t halves[6];
  uint32_t outputs[2];
  uint32_t saved;
  uint32_t missing;   /* the taps that are padding: see tsr_dsp_missing_one and tsr_dsp_missing_two */
  uint32_t missing_c; /* of two pixels: those of row c */
  uint32_t padding;   /* what they hold: four times the input's zero point */
} tsr_dsp_pixels;

/* Whether column x of a row of `width` is padding. */
TSR_DSP_INLINE uint32_t tsr_dsp_outside(int32_t x, int32_t width) { return (uint32_t)x >= (uint32_t)width ? 1u : 0; }

/*
 * The taps of one pixel that are padding, from the highest bit on in the order in which the assembly takes them: of each
 * row columns 1, 2 and 0. `rows`: which rows are there; `first`: the column of the first tap.
 */
TSR_DSP_INLINE uint32_t tsr_dsp_missing_one(const int8_t *const *rows, int32_t first, int32_t width) {
  const uint32_t row = tsr_dsp_outside(first + 1, width) << 2 | tsr_dsp_outside(first + 2, width) << 1 |
                       tsr_dsp_outside(first, width);
  return (rows[0] == NULL ? 7u : row) << 29 | (rows[1] == NULL ? 7u : row) << 26 | (rows[2] == NULL ? 7u : row) << 23;
}

/* The same of two pixels: columns 1, 3, 2 and 0. */
TSR_DSP_INLINE uint32_t tsr_dsp_missing_two(const int8_t *const *rows, int32_t first, int32_t width) {
  const uint32_t row = tsr_dsp_outside(first + 1, width) << 3 | tsr_dsp_outside(first + 3, width) << 2 |
                       tsr_dsp_outside(first + 2, width) << 1 | tsr_dsp_outside(first, width);
  return (rows[0] == NULL ? 15u : row) << 28 | (rows[1] == NULL ? 15u : row) << 24 |
         (rows[2] == NULL ? 15u : row) << 20;
}

#if defined(__ARM_FEATURE_DSP) && defined(__thumb__)

/* Two taps, or padding where the flags say so: the first by the carry, the second by the sign. */
#define TSR_DSP_TAP_IF(have, missing, to, from)                                                           \
  "ite " missing "\n\tldr" missing " " to ", [r0, #80]\n\tldr" have " " to ", [" from "]\n\t"
#define TSR_DSP_TWO_TAPS(mask, shift, first, first_from, second, second_from)                             \
  "lsls " mask ", " mask ", #" shift "\n\t"                                                              \
  TSR_DSP_TAP_IF("cc", "cs", first, first_from) TSR_DSP_TAP_IF("pl", "mi", second, second_from)

/* The end of four channels: r0 context, r1 weights; `store` puts their outputs. */
#define TSR_DSP_PIXELS_END(store)                                                             \
  "str r1, [r0, #16]\n\tldrd r2, r3, [r0, #60]\n\tldrd r5, r6, [r0, #20]\n\t" store            \
  "str r6, [r0, #24]\n\tcmp r6, r5\n\tbne.w 1b\n\t"

/*
 * A channel of one pixel: r0 context, r1 weights, r7 to r9 columns of rows a and b, r10 row c's first two, r12 its third
 * and the weight of it, r11 offset.
 */
#define TSR_DSP_ONE_PIXEL(odd, at)                                                                        \
  "ldm r1!, {r2, r3, r4, r5}\n\tsxtb16 r6, r12" odd "\n\tsxtb16 lr, r3\n\tsmlabt r2, r6, r6, r2\n\t"       \
  "sxtb16 r6, r7" odd "\n\tsmlad r2, r6, lr, r2\n\tsxtb16 lr, r3, ror #8\n\tsxtb16 r6, r9" odd "\n\t"      \
  "smlad r2, r6, lr, r2\n\tsxtb16 lr, r4\n\tsxtb16 r6, r8" odd "\n\tsmlad r2, r6, lr, r2\n\t"              \
  "sxtb16 lr, r4, ror #8\n\tsxtb16 r6, r10" odd "\n\tsmlad r2, r6, lr, r2\n\tsmmla r2, r2, r5, r11\n\t"    \
  "ssat r2, #8, r2, asr #1\n\tstrb r2, [r0, #60 + " at "]\n\t"

/*
 * A channel of two pixels: r0 context, r1 weights, r4, r5, r8, r9 columns of rows a and b, r7 and r12 pairs of columns of
 * row c; `ninth`: where the last weight of the channel lies, seen from behind those of the others.
 */
#define TSR_DSP_TWO_PIXELS(odd, at, ninth)                                                                \
  "ldm r1!, {r2, r3, r6}\n\tsxtb16 r11, r4" odd "\n\tsxtb16 lr, r3\n\tsmlad r10, r11, lr, r2\n\t"          \
  "sxtb16 r11, r5" odd "\n\tsmlad r2, r11, lr, r2\n\tsxtb16 lr, r6\n\tsmlad r10, r11, lr, r10\n\t"         \
  "sxtb16 r11, r8" odd "\n\tsmlad r2, r11, lr, r2\n\tsxtb16 lr, r3, ror #8\n\tsmlad r10, r11, lr, r10\n\t" \
  "sxtb16 r11, r9" odd "\n\tsmlad r2, r11, lr, r2\n\tsxtb16 lr, r6, ror #8\n\tsxtb16 r11, r7" odd "\n\t"   \
  "smlad r10, r11, lr, r10\n\tsmlatb r2, r11, lr, r2\n\tsxtb16 r11, r12" odd "\n\t"                        \
  "smlabt r2, r11, lr, r2\n\tldrsb lr, [r1, #" ninth "]\n\tldr r3, [r1], #4\n\tldr r6, [r0, #32]\n\t"      \
  "smlabb r10, r11, lr, r10\n\tsmlatb r2, r11, lr, r2\n\tsmmla r10, r10, r3, r6\n\tsmmla r2, r2, r3, r6\n\t" \
  "ssat r10, #8, r10, asr #1\n\tssat r2, #8, r2, asr #1\n\t"                                              \
  "strb r10, [r0, #60 + " at "]\n\tstrb r2, [r0, #64 + " at "]\n\t"

#define TSR_DSP_PIXELS(text)                                                                              \
  __asm__ volatile(text                                                                                   \
                   : "+r"(r0)                                                                             \
                   :                                                                                      \
                   : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory")

/* r7 may be the frame pointer: it is put back. */
TSR_DSP_INLINE void tsr_dsp_one_pixel_3x3(tsr_dsp_pixels *context) {
  register tsr_dsp_pixels *r0 __asm__("r0") = context;
  TSR_DSP_PIXELS(
      "str r7, [r0, #68]\n"
      "1:\n\tldr r5, [r0, #72]\n\tldm r0, {r1, r2, r3, r4}\n\tcmp r5, #0\n\tbne 2f\n\t"
      "ldr r5, [r1, r4]\n\tldr r6, [r1, r4, lsl #1]\n\tldr r7, [r1], #4\n\t"
      "ldr r8, [r2, r4]\n\tldr r9, [r2, r4, lsl #1]\n\tldr r10, [r2], #4\n\t"
      "ldr r11, [r3, r4]\n\tldr r12, [r3, r4, lsl #1]\n\tldr lr, [r3], #4\n"
      "3:\n\tstm r0, {r1, r2, r3}\n\tldr r1, [r0, #16]\n\tldr r2, [r1], #4\n\t"
      "pkhtb r3, r10, r7, asr #16\n\tpkhbt r7, r7, r10, lsl #16\n\t"
      "pkhtb r4, r8, r5, asr #16\n\tpkhbt r8, r5, r8, lsl #16\n\t"
      "pkhtb r5, r9, r6, asr #16\n\tpkhbt r9, r6, r9, lsl #16\n\t"
      "pkhtb r6, r11, lr, asr #16\n\tpkhbt r10, lr, r11, lsl #16\n\t"
      "pkhtb r11, r2, r12, asr #16\n\tpkhbt r12, r12, r2, lsl #16\n\t"
      "add lr, r0, #36\n\tstm lr, {r3, r4, r5, r6, r11}\n\tldr r11, [r0, #32]\n\t"
      TSR_DSP_ONE_PIXEL("", "0") TSR_DSP_ONE_PIXEL(", ror #8", "1")
      "add lr, r0, #36\n\tldm lr, {r7, r8, r9, r10, r12}\n\t"
      TSR_DSP_ONE_PIXEL("", "2") TSR_DSP_ONE_PIXEL(", ror #8", "3")
      TSR_DSP_PIXELS_END("str r2, [r6], #4\n\t")
      "b 4f\n"
      "2:\n\tmov lr, r5\n\t"
      TSR_DSP_TWO_TAPS("lr", "1", "r5", "r1, r4", "r6", "r1, r4, lsl #1")
      TSR_DSP_TWO_TAPS("lr", "2", "r7", "r1", "r8", "r2, r4")
      TSR_DSP_TWO_TAPS("lr", "2", "r9", "r2, r4, lsl #1", "r10", "r2")
      TSR_DSP_TWO_TAPS("lr", "2", "r11", "r3, r4", "r12", "r3, r4, lsl #1")
      "lsls lr, lr, #2\n\t" TSR_DSP_TAP_IF("cc", "cs", "lr", "r3")
      "add r1, #4\n\tadd r2, #4\n\tadd r3, #4\n\tb 3b\n"
      "4:\n\tldr r7, [r0, #68]");
}

#define TSR_DSP_PACK_AB                                                                                   \
  "strd r1, r2, [r0]\n\t"                                                                                 \
  "pkhtb r1, r6, r4, asr #16\n\tpkhbt r4, r4, r6, lsl #16\n\t"                                            \
  "pkhtb r2, r10, r5, asr #16\n\tpkhbt r5, r5, r10, lsl #16\n\t"                                          \
  "pkhtb r6, r11, r8, asr #16\n\tpkhbt r8, r8, r11, lsl #16\n\t"                                          \
  "pkhtb r10, r12, r9, asr #16\n\tpkhbt r9, r9, r12, lsl #16\n\t"

TSR_DSP_INLINE void tsr_dsp_two_pixels_3x3(tsr_dsp_pixels *context) {
  register tsr_dsp_pixels *r0 __asm__("r0") = context;
  TSR_DSP_PIXELS(
      "str r7, [r0, #68]\n"
      "1:\n\tldr r4, [r0, #72]\n\tldm r0, {r1, r2, r3, r7}\n\tadd lr, r7, r7, lsl #1\n\tcmp r4, #0\n\tbne.w 2f\n\t"
      "ldr r5, [r1, r7]\n\tldr r8, [r1, r7, lsl #1]\n\tldr r9, [r1, lr]\n\tldr r4, [r1], #4\n\t"
      "ldr r10, [r2, r7]\n\tldr r11, [r2, r7, lsl #1]\n\tldr r12, [r2, lr]\n\tldr r6, [r2], #4\n\t"
      TSR_DSP_PACK_AB
      "ldr r11, [r3, r7]\n\tldr r12, [r3, r7, lsl #1]\n\tldr lr, [r3, lr]\n\tldr r7, [r3], #4\n"
      "3:\n\tstr r3, [r0, #8]\n\t"
      "pkhtb r3, r11, r7, asr #16\n\tpkhbt r7, r7, r11, lsl #16\n\t"
      "pkhtb r11, lr, r12, asr #16\n\tpkhbt r12, r12, lr, lsl #16\n\t"
      "add lr, r0, #36\n\tstm lr, {r1, r2, r3, r6, r10, r11}\n\tldr r1, [r0, #16]\n\tadd r1, #4\n\t"
      TSR_DSP_TWO_PIXELS("", "0", "-16") TSR_DSP_TWO_PIXELS(", ror #8", "1", "-31")
      "add lr, r0, #36\n\tldm lr, {r4, r5, r7, r8, r9, r12}\n\t"
      TSR_DSP_TWO_PIXELS("", "2", "-46") TSR_DSP_TWO_PIXELS(", ror #8", "3", "-61")
      TSR_DSP_PIXELS_END("ldr r4, [r0, #28]\n\tstr r3, [r6, r4]\n\tstr r2, [r6], #4\n\t")
      "b 4f\n"
      "2:\n\tmov r11, r4\n\t"
      TSR_DSP_TWO_TAPS("r11", "1", "r5", "r1, r7", "r9", "r1, lr")
      TSR_DSP_TWO_TAPS("r11", "2", "r8", "r1, r7, lsl #1", "r4", "r1")
      TSR_DSP_TWO_TAPS("r11", "2", "r10", "r2, r7", "r12", "r2, lr")
      TSR_DSP_TWO_TAPS("r11", "2", "r11", "r2, r7, lsl #1", "r6", "r2")
      "add r1, #4\n\tadd r2, #4\n\t" TSR_DSP_PACK_AB
      "ldr r12, [r0, #76]\n\t"
      TSR_DSP_TWO_TAPS("r12", "1", "r11", "r3, r7", "lr", "r3, lr")
      TSR_DSP_TWO_TAPS("r12", "2", "r12", "r3, r7, lsl #1", "r7", "r3")
      "add r3, #4\n\tb 3b\n"
      "4:\n\tldr r7, [r0, #68]");
}

#else

/* A tap: column x of row r. */
static inline int32_t tsr_dsp_pixels_tap(const tsr_dsp_pixels *context, int32_t pixels, int32_t r, int32_t x, int32_t i) {
  static const int8_t places[2][4] = {{2, 0, 1, 0}, {3, 0, 2, 1}};
  const int32_t bit = 31 - r * (pixels + 2) - places[pixels - 1][x];
  if ((context->missing >> bit & 1u) != 0) return (int8_t)context->padding;
  return context->rows[r][x * context->step + i];
}

static inline void tsr_dsp_pixels_3x3(tsr_dsp_pixels *context, int32_t pixels) {
  for (; context->out != context->out_end; context->out += 4, context->weights += 17) {
    for (int32_t i = 0; i < 4; ++i) {
      const int32_t *weights = context->weights + 1 + 4 * i;
      /* The nine weights, 3 * row + column. */
      const uint32_t first = (uint32_t)weights[1];
      const uint32_t second = (uint32_t)weights[2];
      const uint32_t bytes[9] = {first,       second,      first >> 8,   first >> 16, second >> 16,
                                 first >> 24, second >> 8, second >> 24, (uint32_t)context->weights[0] >> (8 * i)};
      for (int32_t x = 0; x < pixels; ++x) {
        int32_t sum = weights[0];
        for (int32_t t = 0; t < 9; ++t) {
          sum += (int8_t)bytes[t] * tsr_dsp_pixels_tap(context, pixels, t / 3, x + t % 3, i);
        }
        context->out[x * context->out_step + i] =
            (int8_t)tsr_dsp_half8(tsr_dsp_smmla(sum, weights[3], context->offset));
      }
    }
    for (int32_t r = 0; r < 3; ++r) context->rows[r] += 4;
  }
}

static inline void tsr_dsp_one_pixel_3x3(tsr_dsp_pixels *context) { tsr_dsp_pixels_3x3(context, 1); }

static inline void tsr_dsp_two_pixels_3x3(tsr_dsp_pixels *context) { tsr_dsp_pixels_3x3(context, 2); }

#endif

#endif
