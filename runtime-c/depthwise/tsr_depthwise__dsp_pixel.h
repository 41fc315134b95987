/*
 * Depthwise 3 x 3 convolutions on Arm DSP of few pixels at a time, as streams have them: one pixel, or two neighbours,
 * without the way through the scratch. Weights as tsr_depthwise__dsp.h says.
 */
#ifndef TSR_DEPTHWISE_DSP_PIXEL_H
#define TSR_DEPTHWISE_DSP_PIXEL_H

#include "tsr_depthwise__dsp.h"
#include "tsr_dsp_columns.h"

/* What all channels share. */
typedef struct tsr_depthwise_scale {
  int32_t pre_shift;
  int32_t offset;
} tsr_depthwise_scale;

/* The weights of a channel as pairs: columns 0 to 2 of rows a and b, columns 0 and 1, and 1 and 2, of row c. */
typedef struct tsr_depthwise_pairs {
  uint32_t column[3];
  uint32_t first;
  uint32_t second;
} tsr_depthwise_pairs;

TSR_DSP_INLINE tsr_depthwise_pairs tsr_depthwise_pairs_of(const int32_t *weights, uint32_t w22) {
  const uint32_t first = (uint32_t)weights[1];
  const uint32_t second = (uint32_t)weights[2];
  const uint32_t last = tsr_dsp_sxtb16_odd(second);
  const tsr_depthwise_pairs pairs = {
      .column = {tsr_dsp_sxtb16(first), tsr_dsp_sxtb16(second), tsr_dsp_sxtb16_odd(first)},
      .first = last,
      .second = tsr_dsp_pack(last >> 16, w22),
  };
  return pairs;
}

TSR_DSP_INLINE int8_t tsr_depthwise_result(const int32_t *weights, int32_t sum, tsr_depthwise_scale scale) {
  const int32_t scaled = (int32_t)((uint32_t)sum << scale.pre_shift) + weights[0];
  return (int8_t)tsr_dsp_half8(tsr_dsp_smmla(scaled, weights[3], scale.offset));
}

/*
 * One channel of two pixels. v: pairs of rows a and b in four columns; p: of row c in columns 0 and 1, and 2 and 3.
 */
TSR_DSP_INLINE void tsr_depthwise_channel2(const int32_t *weights, uint32_t w22, uint32_t v0, uint32_t v1, uint32_t v2,
                                           uint32_t v3, uint32_t p0, uint32_t p1, tsr_depthwise_scale scale, int8_t *out,
                                           int32_t step) {
  const tsr_depthwise_pairs w = tsr_depthwise_pairs_of(weights, w22);
  int32_t sum = tsr_dsp_smuad(v0, w.column[0]);
  sum = tsr_dsp_smlad(v1, w.column[1], sum);
  sum = tsr_dsp_smlad(v2, w.column[2], sum);
  sum = tsr_dsp_smlad(p0, w.first, sum);
  sum = tsr_dsp_smlabt(p1, w.second, sum);
  out[0] = tsr_depthwise_result(weights, sum, scale);
  sum = tsr_dsp_smuad(v1, w.column[0]);
  sum = tsr_dsp_smlad(v2, w.column[1], sum);
  sum = tsr_dsp_smlad(v3, w.column[2], sum);
  sum = tsr_dsp_smlatb(p0, w.first, sum);
  sum = tsr_dsp_smlad(p1, w.second, sum);
  out[step] = tsr_depthwise_result(weights, sum, scale);
}

/* One channel of one pixel; `last` is its ninth product. */
TSR_DSP_INLINE void tsr_depthwise_channel1(const int32_t *weights, uint32_t v0, uint32_t v1, uint32_t v2, uint32_t p0,
                                           int32_t last, tsr_depthwise_scale scale, int8_t *out) {
  const uint32_t first = (uint32_t)weights[1];
  const uint32_t second = (uint32_t)weights[2];
  int32_t sum = tsr_dsp_smlad(v0, tsr_dsp_sxtb16(first), last);
  sum = tsr_dsp_smlad(v2, tsr_dsp_sxtb16_odd(first), sum);
  sum = tsr_dsp_smlad(v1, tsr_dsp_sxtb16(second), sum);
  sum = tsr_dsp_smlad(p0, tsr_dsp_sxtb16_odd(second), sum);
  out[0] = tsr_depthwise_result(weights, sum, scale);
}

/* Two channels of two pixels: the even and the odd bytes. */
TSR_DSP_INLINE void tsr_depthwise_channels2(const int32_t *weights, uint32_t w22, uint32_t v0, uint32_t v1, uint32_t v2,
                                            uint32_t v3, uint32_t p0, uint32_t p1, tsr_depthwise_scale scale, int8_t *out,
                                            int32_t step) {
  tsr_depthwise_channel2(weights, (uint32_t)(int8_t)w22, tsr_dsp_sxtb16(v0), tsr_dsp_sxtb16(v1), tsr_dsp_sxtb16(v2),
                         tsr_dsp_sxtb16(v3), tsr_dsp_sxtb16(p0), tsr_dsp_sxtb16(p1), scale, out, step);
  tsr_depthwise_channel2(weights + tsr_dsp_channel_words, (uint32_t)(int8_t)(w22 >> 8), tsr_dsp_sxtb16_odd(v0),
                         tsr_dsp_sxtb16_odd(v1), tsr_dsp_sxtb16_odd(v2), tsr_dsp_sxtb16_odd(v3), tsr_dsp_sxtb16_odd(p0),
                         tsr_dsp_sxtb16_odd(p1), scale, out + 1, step);
}

TSR_DSP_INLINE void tsr_depthwise_channels1(const int32_t *weights, uint32_t w22, uint32_t v0, uint32_t v1, uint32_t v2,
                                            uint32_t p0, uint32_t c2, tsr_depthwise_scale scale, int8_t *out) {
  tsr_depthwise_channel1(weights, tsr_dsp_sxtb16(v0), tsr_dsp_sxtb16(v1), tsr_dsp_sxtb16(v2), tsr_dsp_sxtb16(p0),
                         (int8_t)c2 * (int8_t)w22, scale, out);
  tsr_depthwise_channel1(weights + tsr_dsp_channel_words, tsr_dsp_sxtb16_odd(v0), tsr_dsp_sxtb16_odd(v1),
                         tsr_dsp_sxtb16_odd(v2), tsr_dsp_sxtb16_odd(p0), (int8_t)(c2 >> 8) * (int8_t)(w22 >> 8), scale,
                         out + 1);
}

/* Which taps are in the input: bit 4 * row + column. The others are padding. */
typedef struct tsr_depthwise_taps {
  uint32_t there;
  uint32_t padding;
} tsr_depthwise_taps;

/* A row of taps that is read with care: of four channels each, `step` bytes apart from `at` on. */
TSR_DSP_INLINE void tsr_depthwise_edge(uint32_t *words, const int8_t *row, int32_t at, int32_t step, uint32_t there,
                                       uint32_t padding, int32_t pixels) {
  words[0] = (there & 1u) != 0 ? tsr_dsp_load(row + at) : padding;
  words[1] = (there & 2u) != 0 ? tsr_dsp_load(row + (at + step)) : padding;
  words[2] = (there & 4u) != 0 ? tsr_dsp_load(row + (at + 2 * step)) : padding;
  if (pixels == 2) words[3] = (there & 8u) != 0 ? tsr_dsp_load(row + (at + 3 * step)) : padding;
}

TSR_DSP_INLINE void tsr_depthwise_inside(uint32_t *words, const int8_t *from, int32_t step, int32_t pixels) {
  words[0] = tsr_dsp_load(from);
  words[1] = tsr_dsp_load(from + step);
  words[2] = tsr_dsp_load(from + 2 * step);
  if (pixels == 2) words[3] = tsr_dsp_load(from + 3 * step);
}

/* Four channels of rows a, b and c, from their first column on, `step` bytes apart. */
TSR_DSP_INLINE void tsr_depthwise_four(const int32_t *weights, const int8_t *const *rows, int32_t at, int32_t step,
                                       int32_t pixels, tsr_depthwise_taps taps, tsr_depthwise_scale scale, int8_t *out,
                                       int32_t out_step) {
  uint32_t a[4];
  uint32_t b[4];
  uint32_t c[4];
  if (taps.there == (pixels == 2 ? 0xfffu : 0x777u)) {
    tsr_depthwise_inside(a, rows[0] + at, step, pixels);
    tsr_depthwise_inside(b, rows[1] + at, step, pixels);
    tsr_depthwise_inside(c, rows[2] + at, step, pixels);
  } else {
    tsr_depthwise_edge(a, rows[0], at, step, taps.there, taps.padding, pixels);
    tsr_depthwise_edge(b, rows[1], at, step, taps.there >> 4, taps.padding, pixels);
    tsr_depthwise_edge(c, rows[2], at, step, taps.there >> 8, taps.padding, pixels);
  }
  const uint32_t w22 = (uint32_t)weights[0];
  const uint32_t v0 = tsr_dsp_pack(a[0], b[0]);
  const uint32_t v1 = tsr_dsp_pack(a[1], b[1]);
  const uint32_t v2 = tsr_dsp_pack(a[2], b[2]);
  const uint32_t p0 = tsr_dsp_pack(c[0], c[1]);
  const uint32_t high0 = tsr_dsp_pack_high(a[0], b[0]);
  const uint32_t high1 = tsr_dsp_pack_high(a[1], b[1]);
  const uint32_t high2 = tsr_dsp_pack_high(a[2], b[2]);
  const uint32_t high = tsr_dsp_pack_high(c[0], c[1]);
  if (pixels == 2) {
    tsr_depthwise_channels2(weights + 1, w22, v0, v1, v2, tsr_dsp_pack(a[3], b[3]), p0, tsr_dsp_pack(c[2], c[3]), scale,
                            out, out_step);
    tsr_depthwise_channels2(weights + 9, w22 >> 16, high0, high1, high2, tsr_dsp_pack_high(a[3], b[3]), high,
                            tsr_dsp_pack_high(c[2], c[3]), scale, out + 2, out_step);
  } else {
    tsr_depthwise_channels1(weights + 1, w22, v0, v1, v2, p0, c[2], scale, out);
    tsr_depthwise_channels1(weights + 9, w22 >> 16, high0, high1, high2, high, c[2] >> 16, scale, out + 2);
  }
}

/* One pixel or two whose first tap is column `first`. */
TSR_DSP_INLINE void tsr_depthwise_pixels(const tsr_depthwise_packed_dsp *p, const int8_t *const *rows, int32_t in_width,
                                         int32_t first, int32_t pixels, int32_t pre_shift, int8_t *out) {
  const tsr_depthwise_scale scale = {.pre_shift = pre_shift, .offset = p->offset};
  const int32_t columns = pixels + 2;
  const int32_t from = tsr_min(tsr_max(-first, 0), columns);
  const int32_t to = tsr_max(tsr_min(in_width - first, columns), from);
  const uint32_t inside = (1u << to) - (1u << from);
  const tsr_depthwise_taps taps = {
      .there = (rows[0] != NULL ? inside : 0) | (rows[1] != NULL ? inside << 4 : 0) | (rows[2] != NULL ? inside << 8 : 0),
      .padding = tsr_dsp_four(p->input_zero_point),
  };
  const int32_t step = p->in_pixel;
  const int32_t out_step = p->out_pixel;
  const int32_t channels = p->channels;
  const int32_t *weights = p->weights;
  int32_t at = first * step;
  int8_t *const end = out + channels;
  for (int8_t *four = out; four < end; weights += 17, four += 4, at += 4) {
    tsr_depthwise_four(weights, rows, at, step, pixels, taps, scale, four, out_step);
  }
  if (p->min == -128 && p->max == 127) return;
  for (int32_t x = 0; x < pixels; ++x) tsr_dsp_clamp(out + x * out_step, channels, p->min, p->max);
}

#endif
