/*
 * Convolution for Arm DSP without scratch, of channels in fours: one output pixel at a time, whose activations are read
 * as they lie, once for every four output channels. A file that includes this defines CONV_DSP_SHIFT, as with
 * tsr_conv__dsp_sums.h; there may be several such files in one translation unit. For anyone else there is nothing here.
 */
#ifdef CONV_DSP_SHIFT
#include "tsr_conv__dsp.h"

#include "tsr_dsp_bytes.h"

#ifndef TSR_CONV__DSP_LEAN_H
#define TSR_CONV__DSP_LEAN_H

/* A row of padding, where all rows are. */
static const int8_t *const conv_dsp_no_row[1] = {NULL};

/* Finds the taps of an output pixel, of which the first is in column `first`. */
TSR_DSP_CALL void conv_dsp_find_taps(tsr_dsp_pixel_taps *t, const tsr_conv_dsp_shape *p, const int8_t *const *rows,
                                     int32_t first, int32_t in_width) {
  const int32_t quads = p->in_channels >> 2;
  int32_t before = 0;
  for (; before < p->kernel_w && first < 0; first += p->dilation_w) ++before;
  int32_t there = p->kernel_w - before;
  while (there > 0 && first + (there - 1) * p->dilation_w >= in_width) --there;
  t->rows = rows;
  t->rows_end = rows + p->kernel_h;
  t->missing = p->kernel_w * quads;
  if (there == 0) {
    t->rows = conv_dsp_no_row;
    t->rows_end = t->rows + 1;
    t->missing *= p->kernel_h;
    return;
  }
  const int32_t step = p->dilation_w * p->in_pixel;
  const int32_t joined = p->runs == 1 ? there : 1;
  t->at = first * p->in_pixel;
  t->before = before * quads;
  t->after = (p->kernel_w - before - there) * quads;
  tsr_dsp_pixel_taps_run(t, joined * p->in_channels);
  t->gap = joined == there ? 0 : step - p->in_channels;
  t->last = t->at + (there - 1) * step + p->in_channels;
}

/* sum + four taps of a channel that stands by itself, of activations as pairs (0, 2) and (1, 3). */
TSR_DSP_INLINE int32_t conv_dsp_add_quad(int32_t sum, uint32_t even, uint32_t odd, int32_t weights) {
  const uint32_t w = (uint32_t)weights;
  return tsr_dsp_smlad(odd, tsr_dsp_sxtb16_odd(w), tsr_dsp_smlad(even, tsr_dsp_sxtb16(w), sum));
}

/* The sum of a channel that stands by itself; its bias stands in front of its weights. */
TSR_DSP_SELDOM int32_t conv_dsp_sum_taps(const tsr_dsp_pixel_taps *t, const int32_t *weights) {
  int32_t sum = *weights++;
  for (const int8_t *const *row = t->rows; row != t->rows_end; ++row) {
    const int8_t *from = *row == NULL ? NULL : *row + t->at;
    int32_t padding = *row == NULL ? t->missing : t->before;
    for (;;) {
      for (; padding > 0; --padding) sum = conv_dsp_add_quad(sum, t->padding, t->padding, *weights++);
      if (from == NULL) break;
      const int8_t *const last = *row + t->last;
      for (;;) {
        for (const int8_t *const end = from + t->bytes; from != end; from += 4) {
          const uint32_t x = tsr_dsp_load(from);
          sum = conv_dsp_add_quad(sum, tsr_dsp_sxtb16(x), tsr_dsp_sxtb16_odd(x), *weights++);
        }
        if (from == last) break;
        from += t->gap;
      }
      padding = t->after;
      from = NULL;
    }
  }
  return sum;
}

#endif

#define CONV_DSP_LEAN_JOINED(name, shift) name##_##shift
#define CONV_DSP_LEAN_NAMED(name, shift) CONV_DSP_LEAN_JOINED(name, shift)
#define conv_dsp_lean CONV_DSP_LEAN_NAMED(conv_dsp_lean_of_shift, CONV_DSP_SHIFT)

TSR_DSP_INLINE void conv_dsp_lean(const tsr_conv_dsp *layer, const int8_t *const *rows, int8_t *out,
                                  const tsr_segment *segment) {
  const tsr_conv_dsp_shape *p = layer->shape;
  const int32_t packed = p->packed_channels;
  const int32_t words = p->pairs >> 1;
  int32_t first = -segment->pad_left;
  tsr_dsp_pixel_taps t;
  t.weights = layer->weights;
  t.offset = p->offset;
  t.odd_offset = 256 * p->offset;
  t.padding = tsr_dsp_sxtb16(tsr_dsp_four(p->input_zero_point));
  for (int32_t left = segment->out_width; left > 0; --left, first += p->stride_w, out += p->out_pixel) {
    conv_dsp_find_taps(&t, p, rows, first, segment->in_width);
    if (packed > 0) tsr_dsp_dot_bytes(&t, out, packed, CONV_DSP_SHIFT);
    const int32_t *weights = layer->weights + packed / 4 * (8 + 2 * p->pairs);
    for (int32_t c = packed; c < p->out_channels; ++c, weights += words + 2) {
      tsr_dsp_put(out + c, conv_dsp_sum_taps(&t, weights), weights[words + 1], p->offset, CONV_DSP_SHIFT);
    }
    if (p->min > -128 || p->max < 127) tsr_dsp_clamp(out, p->out_channels, p->min, p->max);
  }
}

#endif
