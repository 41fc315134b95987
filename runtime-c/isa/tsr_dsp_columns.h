/*
 * The inner loops of depthwise 3 x 3 convolutions on Arm DSP: on those machines assembly, since compilers run out of
 * registers here, elsewhere C of the same meaning.
 *
 * Columns of four channels c0 to c3, of three rows a, b and c, lie in pairs of 32 bytes (columns x and x + 1):
 *   word 0  a.c0 a.c1 b.c0 b.c1 of x       word 4  a.c2 a.c3 b.c2 b.c3 of x
 *   word 1  the same of x + 1              word 5  the same of x + 1
 *   word 2  c.c0 c.c1 of x, then of x + 1  word 6  c.c2 c.c3 of x, then of x + 1
 *   word 3  outputs: c0 c1 of the first,   word 7  outputs: c2 c3 of the first, then of the second
 *           then of the second pixel
 * SXTB16 of a word gives a channel's pair: rows a and b of a column, which serve three outputs, or two columns of row
 * c.
 * So nine products of an output take five instructions, and its bytes are expanded once for all outputs of a row.
 *
 * Weights of the four channels: the w22 of all, then for each its bias, w00 w02 w10 w12, w01 w20 w11 w21, multiplier.
 * Outputs are (high word of sum * multiplier + offset) >> 1, limited to int8.
 */
#ifndef TSR_DSP_COLUMNS_H
#define TSR_DSP_COLUMNS_H

#include "tsr_dsp.h"

enum { tsr_dsp_pair_words = 8, tsr_dsp_channel_words = 4 };

/*
 * What the loops keep in memory; start, end and delta are as before when four channels are done. The assembly knows the
 * offsets of the fields.
 */
typedef struct tsr_dsp_columns {
  int32_t bias;
  int32_t count;         /* of the pairs at which outputs begin */
  int32_t offset;
  uint32_t saved;
  uint32_t *start;       /* of the pairs */
  const int32_t *weights;
  int32_t ninths;
  int32_t delta;         /* bytes from the words of one half of the channels to those of the other: 16 */
  uint32_t *end;         /* of the pairs at which outputs begin */
  int32_t doublings;     /* sums count times 2^doublings: of the scaled loops alone, at least 1 */
} tsr_dsp_columns;

/* Outputs begin at each of the first `count` pairs of columns; one more follows. */
static inline void tsr_dsp_columns_begin(tsr_dsp_columns *context, uint32_t *columns, int32_t count, int32_t offset) {
  context->count = count;
  context->offset = offset;
  context->start = columns;
  context->delta = 16;
  context->end = columns + count * tsr_dsp_pair_words;
}

#if defined(__ARM_FEATURE_DSP) && defined(__thumb__)

/*
 * r0 columns, r1 context, r2 and r3 sums of two neighbouring outputs, r4 to r6 pairs of the columns, r7 to r11 weights:
 * columns 0, 1, 2 of rows a and b; 0, 1 and 1, 2 of row c; r12 multiplier, lr offset. r7 may be the frame pointer:
 * it is put back.
 */
#define TSR_DSP_LOAD(at, odd)                                                                 \
  "ldr r4, [r0" at "\n\tldr r5, [r0, #4]\n\tldr r6, [r0, #8]\n\t"                              \
  "sxtb16 r4, r4" odd "\n\tsxtb16 r5, r5" odd "\n\tsxtb16 r6, r6" odd "\n\t"
#define TSR_DSP_BEGIN                                                                         \
  "ldr r3, [r1]\n\tsmlad r2, r4, r7, r3\n\tsmlad r3, r5, r7, r3\n\tsmlad r2, r5, r8, r2\n\t"   \
  "smlatb r3, r6, r10, r3\n\tsmlad r2, r6, r10, r2\n\t"
#define TSR_DSP_FINISH(channel)                                                               \
  "smlad r2, r4, r9, r2\n\tsmlad r3, r4, r8, r3\n\tsmlabt r2, r6, r11, r2\n\t"                 \
  "smlad r3, r5, r9, r3\n\tsmmla r2, r2, r12, lr\n\tsmlad r3, r6, r11, r3\n\t"                 \
  "ssat r2, #8, r2, asr #1\n\tsmmla r3, r3, r12, lr\n\tstrb r2, [r0, #-20 + " channel "]\n\t"  \
  "ssat r3, #8, r3, asr #1\n\tstrb r3, [r0, #-18 + " channel "]\n\t"
#define TSR_DSP_BEGIN_STRIDE2 "smlad r2, r4, r7, r3\n\tsmlad r2, r5, r8, r2\n\tsmlad r2, r6, r10, r2\n\t"
#define TSR_DSP_FINISH_STRIDE2(channel)                                                       \
  "smlad r2, r4, r9, r2\n\tsmlabt r2, r6, r11, r2\n\tsmmla r2, r2, r12, lr\n\t"                \
  "ssat r2, #8, r2, asr #1\n\tstrb r2, [r0, #-20 + " channel "]\n\t"
/* Weights times 2^doublings. */
#define TSR_DSP_UNSCALED(label) ""
#define TSR_DSP_SCALED(label)                                                                 \
  "ldr r3, [r1, #36]\n6" label ":\n\t"                                                         \
  "sadd16 r7, r7, r7\n\tsadd16 r8, r8, r8\n\tsadd16 r9, r9, r9\n\t"                           \
  "sadd16 r10, r10, r10\n\tsadd16 r11, r11, r11\n\tsubs r3, #1\n\tbne 6" label "b\n\t"
/*
 * One channel. Each turn of the loop begins outputs with the pair of columns that it holds, loads the next pair and
 * finishes them with it, four times; what is left of the number of pairs over four enters it further down.
 */
#define TSR_DSP_STEP(channel, odd, begin, finish) begin TSR_DSP_LOAD(", #32]!", odd) finish(channel)
#define TSR_DSP_CHANNEL(channel, odd, label, scale, bias, begin, finish)                      \
  "ldm r2!, {r4, r5, r6, r12}\n\tldrsb r11, [r1, #24 + " channel "]\n\t"                        \
  "str r2, [r1, #20]\n\tstr r4, [r1]\n\t"                                                      \
  "sxtb16 r7, r5\n\tsxtb16 r9, r5, ror #8\n\tsxtb16 r8, r6\n\tsxtb16 r10, r6, ror #8\n\t"      \
  "lsl r11, r11, #16\n\tpkhtb r11, r11, r10, asr #16\n\t" scale(label)                        \
  "ldrd r3, lr, [r1, #4]\n\tlsls r3, r3, #31\n\t"                                             \
  TSR_DSP_LOAD("]", odd) bias "bhi 2" label "f\n\tbcs 3" label "f\n\tbmi 4" label "f\n"         \
  "1" label ":\n\t" TSR_DSP_STEP(channel, odd, begin, finish)                                 \
  "2" label ":\n\t" TSR_DSP_STEP(channel, odd, begin, finish)                                 \
  "3" label ":\n\t" TSR_DSP_STEP(channel, odd, begin, finish)                                 \
  "4" label ":\n\t" TSR_DSP_STEP(channel, odd, begin, finish)                                 \
  "ldr r2, [r1, #32]\n\tcmp r0, r2\n\tbne 1" label "b\n\t"
/* Four channels, two at a time. */
#define TSR_DSP_CHANNELS(scale, bias, begin, finish)                                                 \
  __asm__ volatile("ldr r3, [r2], #4\n\tstr r7, [r1, #12]\n\tstr r3, [r1, #24]\n"           \
                   "50:\n\t"                                                                  \
                   TSR_DSP_CHANNEL("0", "", "0", scale, bias, begin, finish)                          \
                   "ldrd r0, r2, [r1, #16]\n\t"                                               \
                   TSR_DSP_CHANNEL("1", ", ror #8", "1", scale, bias, begin, finish)                  \
                   "ldr r3, [r1, #28]\n\tldr r4, [r1, #16]\n\tldr r5, [r1, #24]\n\t"         \
                   "ldr r2, [r1, #20]\n\tadd r6, r0, r3\n\tadd r0, r4, r3\n\tlsr r5, #16\n\t" \
                   "str r6, [r1, #32]\n\tstr r0, [r1, #16]\n\tstr r5, [r1, #24]\n\t"         \
                   "rsbs r3, r3, #0\n\tstr r3, [r1, #28]\n\tbmi 50b\n\t"                    \
                   "ldr r7, [r1, #12]\n\t"                                                    \
                   : "+r"(r0), "+r"(r1), "+r"(r2)                                              \
                   :                                                                          \
                   : "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory")

/* The outputs of four channels; gives the weights of the next four. */
TSR_DSP_INLINE const int32_t *tsr_dsp_channels_3x3(tsr_dsp_columns *context, const int32_t *weights) {
  register uint32_t *r0 __asm__("r0") = context->start;
  register tsr_dsp_columns *r1 __asm__("r1") = context;
  register const int32_t *r2 __asm__("r2") = weights;
  TSR_DSP_CHANNELS(TSR_DSP_UNSCALED, "", TSR_DSP_BEGIN, TSR_DSP_FINISH);
  return r2;
}

TSR_DSP_INLINE const int32_t *tsr_dsp_channels_3x3_scaled(tsr_dsp_columns *context, const int32_t *weights) {
  register uint32_t *r0 __asm__("r0") = context->start;
  register tsr_dsp_columns *r1 __asm__("r1") = context;
  register const int32_t *r2 __asm__("r2") = weights;
  TSR_DSP_CHANNELS(TSR_DSP_SCALED, "", TSR_DSP_BEGIN, TSR_DSP_FINISH);
  return r2;
}

TSR_DSP_INLINE const int32_t *tsr_dsp_channels_3x3_stride2(tsr_dsp_columns *context, const int32_t *weights) {
  register uint32_t *r0 __asm__("r0") = context->start;
  register tsr_dsp_columns *r1 __asm__("r1") = context;
  register const int32_t *r2 __asm__("r2") = weights;
  TSR_DSP_CHANNELS(TSR_DSP_UNSCALED, "ldr r3, [r1]\n\t", TSR_DSP_BEGIN_STRIDE2, TSR_DSP_FINISH_STRIDE2);
  return r2;
}

/* A pair of columns, and the outputs of a pair. */
#define TSR_DSP_PAIR_COLUMNS                                                                                    \
  "ldr %[first], [%[a]]\n\tldr %[second], [%[a], %[to_b]]\n\tldr %[third], [%[a], %[to_c]]\n\tadd %[a], %[step]\n\t" \
  "pkhbt %[word], %[first], %[second], lsl #16\n\tpkhtb %[second], %[second], %[first], asr #16\n\t"            \
  "str %[word], [%[to]]\n\tstr %[second], [%[to], #16]\n\t"                                                    \
  "ldr %[first], [%[a]]\n\tldr %[second], [%[a], %[to_b]]\n\t"                                                 \
  "pkhbt %[word], %[first], %[second], lsl #16\n\tpkhtb %[second], %[second], %[first], asr #16\n\t"            \
  "ldr %[first], [%[a], %[to_c]]\n\tstr %[word], [%[to], #4]\n\tstr %[second], [%[to], #20]\n\tadd %[a], %[step]\n\t" \
  "pkhbt %[word], %[third], %[first], lsl #16\n\tpkhtb %[first], %[first], %[third], asr #16\n\t"               \
  "str %[first], [%[to], #24]\n\tstr %[word], [%[to], #8]\n\tadd %[to], #32\n\t"
#define TSR_DSP_PAIR_OUTPUTS(clamp)                                                                             \
  "ldr %[low], [%[from], #12]\n\tldr %[high], [%[from], #28]\n\tadd %[from], #32\n\t"                          \
  "pkhbt %[word], %[low], %[high], lsl #16\n\tpkhtb %[high], %[high], %[low], asr #16\n\t"                      \
  clamp("%[word]") clamp("%[high]")                                                                              \
  "str %[word], [%[out]]\n\tstr %[high], [%[out], %[step]]\n\tadd %[out], %[out], %[step], lsl #1\n\t"
/* Limits the bytes of a word; the flags of SSUB8 say of each which is greater. */
#define TSR_DSP_CLAMPED(word)                                                                                   \
  "ssub8 %[low], " word ", %[least]\n\tsel " word ", " word ", %[least]\n\t"                                     \
  "ssub8 %[low], " word ", %[most]\n\tsel " word ", %[most], " word "\n\t"
#define TSR_DSP_UNCLAMPED(word) ""

/* Puts `pairs` pairs of columns of three rows in order, at least one; `step` bytes from a column to the next. */
TSR_DSP_INLINE void tsr_dsp_pair_columns(uint32_t *columns, const int8_t *a, const int8_t *b, const int8_t *c,
                                         int32_t step,
                                         int32_t pairs) {
  const uintptr_t to_b = (uintptr_t)b - (uintptr_t)a;
  const uintptr_t to_c = (uintptr_t)c - (uintptr_t)a;
  uint32_t first;
  uint32_t second;
  uint32_t third;
  uint32_t word;
  __asm__ volatile(
      "lsrs %[pairs], #1\n\tbcc 1f\n\tadd %[pairs], #1\n\tb 2f\n1:\n\t" TSR_DSP_PAIR_COLUMNS
      "2:\n\t" TSR_DSP_PAIR_COLUMNS "subs %[pairs], #1\n\tbne 1b"
      : [a] "+&r"(a), [to] "+&r"(columns), [pairs] "+&r"(pairs), [first] "=&r"(first), [second] "=&r"(second),
        [third] "=&r"(third), [word] "=&r"(word)
      : [to_b] "r"(to_b), [to_c] "r"(to_c), [step] "r"(step)
      : "cc", "memory");
}

#define TSR_DSP_OUTPUTS(clamp)                                                                                  \
  __asm__ volatile("lsrs %[pairs], #1\n\tbcc 1f\n\tadd %[pairs], #1\n\tb 2f\n1:\n\t" TSR_DSP_PAIR_OUTPUTS(clamp)  \
                   "2:\n\t" TSR_DSP_PAIR_OUTPUTS(clamp) "subs %[pairs], #1\n\tbne 1b"                           \
                   : [from] "+&r"(columns), [out] "+&r"(out), [pairs] "+&r"(pairs), [low] "=&r"(low),           \
                     [high] "=&r"(high), [word] "=&r"(word)                                                     \
                   : [step] "r"(step), [least] "r"(least), [most] "r"(most)                                     \
                   : "cc", "memory")

/*
 * The outputs of `pairs` pairs as pixels, `step` bytes apart; at least one pair. `least` and `most`: four times the
 * bytes
 * that outputs are limited to.
 */
TSR_DSP_INLINE void tsr_dsp_pair_outputs(const uint32_t *columns, int8_t *out, int32_t step, int32_t pairs,
                                         uint32_t least,
                                         uint32_t most) {
  uint32_t low;
  uint32_t high;
  uint32_t word;
  if (least == 0x80808080u && most == 0x7f7f7f7fu) TSR_DSP_OUTPUTS(TSR_DSP_UNCLAMPED);
  else TSR_DSP_OUTPUTS(TSR_DSP_CLAMPED);
}

#else

/* The sum of the three columns from column `x` on (0 or 1) of a pair, for channel 0 or 1 of its words. */
static inline int32_t tsr_dsp_sum_3x3(const uint32_t *pair, int32_t x, int32_t channel, const uint32_t *w,
                                      int32_t w22) {
  int32_t sum = 0;
  for (int32_t i = 0; i < 3; ++i) {
    const uint32_t *at = pair + (x + i) / 2 * tsr_dsp_pair_words;
    const uint32_t column = at[(x + i) % 2];
    const int8_t a = (int8_t)(column >> (8 * channel));
    const int8_t b = (int8_t)(column >> (8 * channel + 16));
    const int8_t c = (int8_t)(at[2] >> (8 * channel + 16 * ((x + i) % 2)));
    const uint32_t first = i == 1 ? w[1] : w[0] >> (4 * i);
    const int32_t last = i == 2 ? w22 : (int8_t)(w[1] >> (8 + 16 * i));
    sum += (int8_t)first * a + (int8_t)(first >> 16) * b + last * c;
  }
  return sum;
}

static inline const int32_t *tsr_dsp_channels(const tsr_dsp_columns *context, const int32_t *weights, int32_t stride,
                                              int32_t scale) {
  const uint32_t ninths = (uint32_t)*weights++;
  for (int32_t channel = 0; channel < 4; ++channel, weights += tsr_dsp_channel_words) {
    const uint32_t w[2] = {(uint32_t)weights[1], (uint32_t)weights[2]};
    const int8_t ninth = (int8_t)(ninths >> (8 * channel));
    const int32_t half = channel / 2 * 4;
    for (uint32_t *pair = context->start + half; pair != context->end + half; pair += tsr_dsp_pair_words) {
      for (int32_t x = 0; x < 2; x += stride) {
        const int32_t sum = tsr_dsp_sum_3x3(pair, x, channel % 2, w, ninth) * scale;
        const int32_t y = tsr_dsp_ssat8(tsr_dsp_smmla(weights[0] + sum, weights[3], context->offset) >> 1);
        const uint32_t shift = (uint32_t)(channel % 2 * 8 + 16 * x);
        pair[3] = (pair[3] & ~(0xffu << shift)) | (uint32_t)(uint8_t)y << shift;
      }
    }
  }
  return weights;
}

static inline const int32_t *tsr_dsp_channels_3x3(tsr_dsp_columns *context, const int32_t *weights) {
  return tsr_dsp_channels(context, weights, 1, 1);
}

static inline const int32_t *tsr_dsp_channels_3x3_scaled(tsr_dsp_columns *context, const int32_t *weights) {
  return tsr_dsp_channels(context, weights, 1, 1 << context->doublings);
}

static inline const int32_t *tsr_dsp_channels_3x3_stride2(tsr_dsp_columns *context, const int32_t *weights) {
  return tsr_dsp_channels(context, weights, 2, 1);
}

static inline void tsr_dsp_pair_columns(uint32_t *columns, const int8_t *a, const int8_t *b, const int8_t *c,
                                        int32_t step,
                                        int32_t pairs) {
  for (; pairs > 0; --pairs, columns += tsr_dsp_pair_words) {
    uint32_t last[2];
    for (int32_t x = 0; x < 2; ++x, a += step, b += step, c += step) {
      const uint32_t first = tsr_dsp_load(a);
      const uint32_t second = tsr_dsp_load(b);
      columns[x] = tsr_dsp_pack(first, second);
      columns[x + 4] = tsr_dsp_pack(first >> 16, second >> 16);
      last[x] = tsr_dsp_load(c);
    }
    columns[2] = tsr_dsp_pack(last[0], last[1]);
    columns[6] = tsr_dsp_pack(last[0] >> 16, last[1] >> 16);
  }
}

static inline void tsr_dsp_pair_outputs(const uint32_t *columns, int8_t *out, int32_t step, int32_t pairs,
                                        uint32_t least,
                                        uint32_t most) {
  for (; pairs > 0; --pairs, columns += tsr_dsp_pair_words, out += 2 * step) {
    const uint32_t first = tsr_dsp_pack(columns[3], columns[7]);
    const uint32_t second = tsr_dsp_pack(columns[3] >> 16, columns[7] >> 16);
    tsr_dsp_store(out, tsr_dsp_min8(tsr_dsp_max8(first, least), most));
    tsr_dsp_store(out + step, tsr_dsp_min8(tsr_dsp_max8(second, least), most));
  }
}

#endif

#endif
