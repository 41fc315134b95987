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

/* Four channels of rows a, b and c, from their first column on, `step` bytes apart. */
TSR_DSP_INLINE void tsr_depthwise_four(const int32_t *weights, const int8_t *a, const int8_t *b, const int8_t *c,
                                       int32_t step, int32_t pixels, tsr_depthwise_scale scale, int8_t *out,
                                       int32_t out_step) {
  const uint32_t a0 = tsr_dsp_load(a);
  const uint32_t b0 = tsr_dsp_load(b);
  const uint32_t a1 = tsr_dsp_load(a + step);
  const uint32_t b1 = tsr_dsp_load(b + step);
  const uint32_t a2 = tsr_dsp_load(a + 2 * step);
  const uint32_t b2 = tsr_dsp_load(b + 2 * step);
  const uint32_t c0 = tsr_dsp_load(c);
  const uint32_t c1 = tsr_dsp_load(c + step);
  const uint32_t c2 = tsr_dsp_load(c + 2 * step);
  const uint32_t w22 = (uint32_t)weights[0];
  const uint32_t v0 = tsr_dsp_pack(a0, b0);
  const uint32_t v1 = tsr_dsp_pack(a1, b1);
  const uint32_t v2 = tsr_dsp_pack(a2, b2);
  const uint32_t p0 = tsr_dsp_pack(c0, c1);
  const uint32_t high0 = tsr_dsp_pack_high(a0, b0);
  const uint32_t high1 = tsr_dsp_pack_high(a1, b1);
  const uint32_t high2 = tsr_dsp_pack_high(a2, b2);
  const uint32_t high = tsr_dsp_pack_high(c0, c1);
  if (pixels == 2) {
    const uint32_t a3 = tsr_dsp_load(a + 3 * step);
    const uint32_t b3 = tsr_dsp_load(b + 3 * step);
    const uint32_t c3 = tsr_dsp_load(c + 3 * step);
    tsr_depthwise_channels2(weights + 1, w22, v0, v1, v2, tsr_dsp_pack(a3, b3), p0, tsr_dsp_pack(c2, c3), scale, out,
                            out_step);
    tsr_depthwise_channels2(weights + 9, w22 >> 16, high0, high1, high2, tsr_dsp_pack_high(a3, b3), high,
                            tsr_dsp_pack_high(c2, c3), scale, out + 2, out_step);
  } else {
    tsr_depthwise_channels1(weights + 1, w22, v0, v1, v2, p0, c2, scale, out);
    tsr_depthwise_channels1(weights + 9, w22 >> 16, high0, high1, high2, high, c2 >> 16, scale, out + 2);
  }
}

/* Four channels of the columns [from, to) of a window of four, of rows that are not padding. */
static inline void tsr_depthwise_fill_window(uint32_t *window, const int8_t *const *rows, int32_t from, int32_t to,
                                             int32_t at, int32_t step) {
  for (int32_t i = 0; i < 3; ++i, window += 4) {
    if (rows[i] == NULL) continue;
    const int8_t *row = rows[i] + at;
    for (int32_t x = from; x < to; ++x) window[x] = tsr_dsp_load(row + x * step);
  }
}

/*
 * One pixel or two whose first tap is column `first`. Where there is padding, a window is filled with what is needed.
 */
TSR_DSP_INLINE void tsr_depthwise_pixels(const tsr_depthwise_packed_dsp *p, const int8_t *const *rows, int32_t in_width,
                                         int32_t first, int32_t pixels, int32_t pre_shift, int8_t *out) {
  const tsr_depthwise_scale scale = {.pre_shift = pre_shift, .offset = p->offset};
  const int32_t columns = pixels + 2;
  const int32_t from = tsr_min(tsr_max(-first, 0), columns);
  const int32_t to = tsr_max(tsr_min(in_width - first, columns), from);
  const int32_t inside = to - from == columns && rows[0] != NULL && rows[1] != NULL && rows[2] != NULL;
  const int32_t at = first * p->in_pixel;
  const int32_t step = inside ? p->in_pixel : 4;
  uint32_t window[12];
  if (!inside) {
    for (int32_t i = 0; i < 12; ++i) window[i] = tsr_dsp_four(p->input_zero_point);
  }
  const int8_t *a = inside ? rows[0] + at : (const int8_t *)window;
  const int8_t *b = inside ? rows[1] + at : (const int8_t *)(window + 4);
  const int8_t *c = inside ? rows[2] + at : (const int8_t *)(window + 8);
  const int32_t *weights = p->weights;
  int8_t *four = out;
  for (int32_t channel = 0; channel < p->channels; channel += 4, weights += 17, four += 4) {
    if (!inside) tsr_depthwise_fill_window(window, rows, from, to, at + channel, p->in_pixel);
    tsr_depthwise_four(weights, a, b, c, step, pixels, scale, four, p->out_pixel);
    if (!inside) continue;
    a += 4;
    b += 4;
    c += 4;
  }
  if (p->min == -128 && p->max == 127) return;
  for (int32_t x = 0; x < pixels; ++x) tsr_dsp_clamp(out + x * p->out_pixel, p->channels, p->min, p->max);
}

#endif
