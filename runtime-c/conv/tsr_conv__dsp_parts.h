/*
 * Convolution for Arm DSP with little scratch: one output pixel at a time, part by part of its taps (see tsr_dsp_parts.h).
 * A part is one column of the window, or a row of it where all takes no more than `conv_dsp_row_bytes`. For layers of
 * channels in fours, all outputs of which are packed. A file that includes this defines CONV_DSP_SHIFT, as with
 * tsr_conv__dsp_sums.h. For anyone else there is nothing here.
 *
 * scratch    16 bytes for every four output channels, then 2 bytes for every tap of a part
 */
#ifdef CONV_DSP_SHIFT
#include "tsr_conv__dsp_body.h"

#include "tsr_dsp_parts.h"

#ifndef TSR_CONV__DSP_PARTS_H
#define TSR_CONV__DSP_PARTS_H

/* The most scratch with rows of the window as parts. */
enum { conv_dsp_row_bytes = 384 };

/* Columns of a part. */
TSR_DSP_INLINE int32_t conv_dsp_part_columns(const tsr_conv_dsp_shape *p) {
  return 4 * p->out_channels + 2 * p->kernel_w * p->in_channels <= conv_dsp_row_bytes ? p->kernel_w : 1;
}

/* Expands columns of a row of the window, from column x on; where it is NULL, and outside of it, there is padding. */
TSR_DSP_CALL void conv_dsp_expand_part(const tsr_conv_dsp_shape *p, const int8_t *row, int32_t x,
                                       int32_t columns, int32_t in_width, uint32_t *to) {
  const int32_t quads = p->in_channels >> 2;
  if (row != NULL && p->runs == 1 && x >= 0 && x + columns <= in_width) {
    conv_dsp_expand_quads(row + x * p->in_pixel, 0, columns * quads, to, 1);
    return;
  }
  const uint32_t padding = tsr_dsp_sxtb16(tsr_dsp_four(p->input_zero_point));
  for (; columns > 0; --columns, x += p->dilation_w) {
    if (row != NULL && x >= 0 && x < in_width) {
      to = conv_dsp_expand_quads(row + x * p->in_pixel, 0, quads, to, 1);
    } else {
      for (uint32_t *const end = to + 2 * quads; to != end; ++to) *to = padding;
    }
  }
}

/* The sums of one output pixel, whose first tap is column `first`. */
TSR_DSP_INLINE void conv_dsp_parts_sums(tsr_dsp_parts *parts, const tsr_conv_dsp *layer,
                                        const int8_t *const *rows, int32_t first, int32_t in_width, uint32_t *activations) {
  const tsr_conv_dsp_shape *p = layer->shape;
  const int32_t words = 8 + 2 * p->pairs;
  const int32_t *bias = layer->weights;
  for (int32_t *sum = parts->sums; sum != parts->sums_end; sum += 4, bias += words) {
    sum[0] = bias[0];
    sum[1] = bias[1];
    sum[2] = bias[2];
    sum[3] = bias[3];
  }
  const int32_t columns = conv_dsp_part_columns(p);
  const int32_t step = columns * p->in_channels;
  parts->weights = layer->weights + 4;
  for (int32_t y = 0; y < p->kernel_h; ++y) {
    int32_t x = first;
    for (int32_t column = 0; column < p->kernel_w; column += columns, x += columns * p->dilation_w) {
      conv_dsp_expand_part(p, rows[y], x, columns, in_width, activations);
      tsr_dsp_parts_add(parts);
      parts->weights += step;
    }
  }
}

#endif

#define CONV_DSP_PARTS_JOINED(name, shift) name##_##shift
#define CONV_DSP_PARTS_NAMED(name, shift) CONV_DSP_PARTS_JOINED(name, shift)
#define conv_dsp_parts CONV_DSP_PARTS_NAMED(conv_dsp_parts_of_shift, CONV_DSP_SHIFT)

TSR_DSP_INLINE void conv_dsp_parts(const tsr_conv_dsp *layer, const int8_t *const *rows, int8_t *out,
                                   const tsr_segment *segment, void *scratch) {
  const tsr_conv_dsp_shape *p = layer->shape;
  const int32_t words = 8 + 2 * p->pairs;
  const int32_t columns = conv_dsp_part_columns(p);
  tsr_dsp_parts parts;
  parts.sums = scratch;
  parts.sums_end = parts.sums + p->out_channels;
  uint32_t *const activations = (uint32_t *)parts.sums_end;
  parts.activations = activations;
  tsr_dsp_parts_prepare(&parts, columns * p->in_channels / 2, words);
  int32_t first = -segment->pad_left;
  for (int32_t left = segment->out_width; left > 0; --left, first += p->stride_w, out += p->out_pixel) {
    conv_dsp_parts_sums(&parts, layer, rows, first, segment->in_width, activations);
    const int32_t *multipliers = layer->weights + words - 4;
    int8_t *to = out;
    for (const int32_t *sum = parts.sums; sum != parts.sums_end; sum += 4, multipliers += words, to += 4) {
      tsr_dsp_parts_put(sum, multipliers, p->offset, to, CONV_DSP_SHIFT);
    }
    if (p->min > -128 || p->max < 127) tsr_dsp_clamp(out, p->out_channels, p->min, p->max);
  }
}

#endif
