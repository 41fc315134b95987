/*
 * Depthwise 3 x 3 convolutions on Arm DSP of one pixel or two neighbours at a time: for streams and narrow maps. Weights
 * as tsr_depthwise__dsp.h says.
 */
#ifndef TSR_DEPTHWISE_DSP_PIXEL_H
#define TSR_DEPTHWISE_DSP_PIXEL_H

#include "tsr_depthwise__dsp.h"
#include "tsr_dsp_pixels.h"

/* Limits a segment's outputs to those between min and max. */
TSR_DSP_SELDOM void tsr_depthwise_clamp(const tsr_depthwise_packed_dsp_shape *p, int8_t *out, int32_t pixels) {
  for (; pixels > 0; --pixels, out += p->out_pixel) tsr_dsp_clamp(out, p->channels, p->min, p->max);
}

/* A segment: of stride 1 pairs of pixels, then what is left; of stride 2 pixels one by one. */
TSR_DSP_INLINE void tsr_depthwise_narrow(const tsr_depthwise_packed_dsp *layer, const int8_t *const *rows,
                                         int8_t *out, const tsr_segment *segment, const int32_t stride) {
  const tsr_depthwise_packed_dsp_shape *p = layer->shape;
  const int32_t *const weights = layer->weights;
  tsr_dsp_pixels context;
  const int32_t width = segment->in_width;
  int32_t first = -segment->pad_left;
  int32_t left = segment->out_width;
  int8_t *to = out;
  context.step = p->in_pixel;
  context.out_step = p->out_pixel;
  context.offset = p->offset;
  do {
    const int32_t pixels = stride == 1 && left >= 2 ? 2 : 1;
    const int32_t at = first * context.step;
    const int8_t *a = rows[0];
    const int8_t *b = rows[1];
    const int8_t *c = rows[2];
    context.missing = 0;
    context.padding = 0;
    if (first < 0 || first + pixels + 2 > width || a == NULL || b == NULL || c == NULL) {
      context.padding = tsr_dsp_four(p->input_zero_point);
      if (pixels == 2) context.missing = tsr_dsp_missing_two(rows, first, width);
      else context.missing = tsr_dsp_missing_one(rows, first, width);
      context.missing_c = context.missing << 8;
      /* Nothing is read from a row of padding. */
      if (a == NULL) a = out;
      if (b == NULL) b = out;
      if (c == NULL) c = out;
    }
    context.rows[0] = a + at;
    context.rows[1] = b + at;
    context.rows[2] = c + at;
    context.weights = weights;
    context.out = to;
    context.out_end = to + p->channels;
    if (pixels == 2) tsr_dsp_two_pixels_3x3(&context);
    else tsr_dsp_one_pixel_3x3(&context);
    first += pixels * stride;
    to += pixels * p->out_pixel;
    left -= pixels;
  } while (left > 0);
  if (p->min > -128 || p->max < 127) tsr_depthwise_clamp(p, out, segment->out_width);
}

#endif
