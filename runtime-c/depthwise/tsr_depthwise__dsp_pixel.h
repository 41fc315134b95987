/*
 * Depthwise 3 x 3 convolutions on Arm DSP of few pixels at a time, as streams have them: one pixel, or two neighbours,
 * without the way through the scratch. Weights as tsr_depthwise__dsp.h says.
 */
#ifndef TSR_DEPTHWISE_DSP_PIXEL_H
#define TSR_DEPTHWISE_DSP_PIXEL_H

#include "tsr_depthwise__dsp.h"
#include "tsr_dsp_columns.h"

/* Rows a, b and c in four columns: four channels a word. */
typedef struct tsr_depthwise_window {
  uint32_t a[4];
  uint32_t b[4];
  uint32_t c[4];
} tsr_depthwise_window;

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

/* One channel of one pixel. */
TSR_DSP_INLINE void tsr_depthwise_channel1(const int32_t *weights, uint32_t w22, uint32_t v0, uint32_t v1, uint32_t v2,
                                           uint32_t p0, uint32_t p1, tsr_depthwise_scale scale, int8_t *out) {
  const tsr_depthwise_pairs w = tsr_depthwise_pairs_of(weights, w22);
  int32_t sum = tsr_dsp_smuad(v0, w.column[0]);
  sum = tsr_dsp_smlad(v1, w.column[1], sum);
  sum = tsr_dsp_smlad(v2, w.column[2], sum);
  sum = tsr_dsp_smlad(p0, w.first, sum);
  sum = tsr_dsp_smlabt(p1, w.second, sum);
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
                                            uint32_t p0, uint32_t p1, tsr_depthwise_scale scale, int8_t *out) {
  tsr_depthwise_channel1(weights, (uint32_t)(int8_t)w22, tsr_dsp_sxtb16(v0), tsr_dsp_sxtb16(v1), tsr_dsp_sxtb16(v2),
                         tsr_dsp_sxtb16(p0), tsr_dsp_sxtb16(p1), scale, out);
  tsr_depthwise_channel1(weights + tsr_dsp_channel_words, (uint32_t)(int8_t)(w22 >> 8), tsr_dsp_sxtb16_odd(v0),
                         tsr_dsp_sxtb16_odd(v1), tsr_dsp_sxtb16_odd(v2), tsr_dsp_sxtb16_odd(p0), tsr_dsp_sxtb16_odd(p1),
                         scale, out + 1);
}

/* Four channels of one pixel or two. */
TSR_DSP_INLINE void tsr_depthwise_four(const int32_t *weights, const tsr_depthwise_window *w, int32_t pixels,
                                       tsr_depthwise_scale scale, int8_t *out, int32_t step) {
  const uint32_t w22 = (uint32_t)weights[0];
  if (pixels == 2) {
    tsr_depthwise_channels2(weights + 1, w22, tsr_dsp_pack(w->a[0], w->b[0]), tsr_dsp_pack(w->a[1], w->b[1]),
                            tsr_dsp_pack(w->a[2], w->b[2]), tsr_dsp_pack(w->a[3], w->b[3]), tsr_dsp_pack(w->c[0], w->c[1]),
                            tsr_dsp_pack(w->c[2], w->c[3]), scale, out, step);
    tsr_depthwise_channels2(weights + 9, w22 >> 16, tsr_dsp_pack_high(w->a[0], w->b[0]),
                            tsr_dsp_pack_high(w->a[1], w->b[1]), tsr_dsp_pack_high(w->a[2], w->b[2]),
                            tsr_dsp_pack_high(w->a[3], w->b[3]), tsr_dsp_pack_high(w->c[0], w->c[1]),
                            tsr_dsp_pack_high(w->c[2], w->c[3]), scale, out + 2, step);
  } else {
    tsr_depthwise_channels1(weights + 1, w22, tsr_dsp_pack(w->a[0], w->b[0]), tsr_dsp_pack(w->a[1], w->b[1]),
                            tsr_dsp_pack(w->a[2], w->b[2]), tsr_dsp_pack(w->c[0], w->c[1]), w->c[2], scale, out);
    tsr_depthwise_channels1(weights + 9, w22 >> 16, tsr_dsp_pack_high(w->a[0], w->b[0]),
                            tsr_dsp_pack_high(w->a[1], w->b[1]), tsr_dsp_pack_high(w->a[2], w->b[2]),
                            tsr_dsp_pack_high(w->c[0], w->c[1]), w->c[2] >> 16, scale, out + 2);
  }
}

/* The columns of a row, from `at` bytes behind its start on. */
TSR_DSP_INLINE void tsr_depthwise_load_row(uint32_t *words, const int8_t *from, int32_t step, int32_t pixels) {
  words[0] = tsr_dsp_load(from);
  words[1] = tsr_dsp_load(from + step);
  words[2] = tsr_dsp_load(from + 2 * step);
  if (pixels == 2) words[3] = tsr_dsp_load(from + 2 * step + step);
}

/* The same where columns outside [0, in_width), or all, are padding; `column` is the first. */
static inline void tsr_depthwise_load_edge(uint32_t *words, const int8_t *row, int32_t step, int32_t column,
                                           int32_t in_width, int32_t c, uint32_t padding) {
  for (int32_t x = column; x < column + 4; ++x) {
    *words++ = row == NULL || x < 0 || x >= in_width ? padding : tsr_dsp_load(row + x * step + c);
  }
}

/* One pixel or two whose first tap is column `first`. */
TSR_DSP_INLINE void tsr_depthwise_pixels(const tsr_depthwise_3x3_dsp *p, const int8_t *const *rows, int32_t in_width,
                                         int32_t first, int32_t pixels, int32_t pre_shift, int8_t *out) {
  const tsr_depthwise_scale scale = {.pre_shift = pre_shift, .offset = p->offset};
  const int32_t step = p->in_pixel;
  const int32_t out_step = p->out_pixel;
  const int32_t *weights = p->weights;
  const int32_t inside = rows[0] != NULL && rows[1] != NULL && rows[2] != NULL && first >= 0;
  tsr_depthwise_window w;
  if (inside && first + pixels + 2 <= in_width) {
    const int8_t *a = rows[0] + first * step;
    const int8_t *b = rows[1] + first * step;
    const int8_t *c = rows[2] + first * step;
    for (const int8_t *end = a + p->channels; a != end; a += 4, b += 4, c += 4, out += 4, weights += 17) {
      tsr_depthwise_load_row(w.a, a, step, pixels);
      tsr_depthwise_load_row(w.b, b, step, pixels);
      tsr_depthwise_load_row(w.c, c, step, pixels);
      tsr_depthwise_four(weights, &w, pixels, scale, out, out_step);
    }
    return;
  }
  const uint32_t padding = tsr_dsp_four(p->input_zero_point);
  for (int32_t c = 0; c < p->channels; c += 4, out += 4, weights += 17) {
    tsr_depthwise_load_edge(w.a, rows[0], step, first, in_width, c, padding);
    tsr_depthwise_load_edge(w.b, rows[1], step, first, in_width, c, padding);
    tsr_depthwise_load_edge(w.c, rows[2], step, first, in_width, c, padding);
    tsr_depthwise_four(weights, &w, pixels, scale, out, out_step);
  }
}

/* The functions that kernels call: each of them needs all registers. */
TSR_DSP_CALL void tsr_depthwise_one_pixel(const tsr_depthwise_3x3_dsp *p, const int8_t *const *rows, int32_t in_width,
                                          int32_t first, int32_t pre_shift, int8_t *out);

#endif
