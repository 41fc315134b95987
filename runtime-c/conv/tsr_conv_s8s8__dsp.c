/*
 * Per group of 4, 2 or 1 pixels: the activations that they need are expanded to int16 in the scratch, then all output
 * channels run over them. The weights stream through once a group.
 */
#include "tsr_conv__dsp.h"

#include "tsr_dsp.h"
#include "tsr_dsp_dot.h"

/* Expands a run of quads of four pixels, `step` bytes apart. Gives where the next goes. */
TSR_DSP_CALL uint32_t *conv_dsp_expand4(const int8_t *from, int32_t step, int32_t quads, uint32_t *to) {
  const int8_t *a = from;
  const int8_t *b = a + step;
  const int8_t *c = b + step;
  const int8_t *d = c + step;
  for (; quads > 0; --quads, a += 4, b += 4, c += 4, d += 4, to += 8) {
    const uint32_t u = tsr_dsp_load(a);
    const uint32_t v = tsr_dsp_load(b);
    const uint32_t x = tsr_dsp_load(c);
    const uint32_t y = tsr_dsp_load(d);
    to[0] = tsr_dsp_sxtb16(u);
    to[1] = tsr_dsp_sxtb16(v);
    to[2] = tsr_dsp_sxtb16(x);
    to[3] = tsr_dsp_sxtb16(y);
    to[4] = tsr_dsp_sxtb16_odd(u);
    to[5] = tsr_dsp_sxtb16_odd(v);
    to[6] = tsr_dsp_sxtb16_odd(x);
    to[7] = tsr_dsp_sxtb16_odd(y);
  }
  return to;
}

TSR_DSP_CALL uint32_t *conv_dsp_expand2(const int8_t *from, int32_t step, int32_t quads, uint32_t *to) {
  const int8_t *a = from;
  const int8_t *b = a + step;
  for (; quads > 0; --quads, a += 4, b += 4, to += 4) {
    const uint32_t u = tsr_dsp_load(a);
    const uint32_t v = tsr_dsp_load(b);
    to[0] = tsr_dsp_sxtb16(u);
    to[1] = tsr_dsp_sxtb16(v);
    to[2] = tsr_dsp_sxtb16_odd(u);
    to[3] = tsr_dsp_sxtb16_odd(v);
  }
  return to;
}

TSR_DSP_CALL uint32_t *conv_dsp_expand1(const int8_t *from, int32_t quads, uint32_t *to) {
  for (; quads > 0; --quads, from += 4, to += 2) {
    const uint32_t u = tsr_dsp_load(from);
    to[0] = tsr_dsp_sxtb16(u);
    to[1] = tsr_dsp_sxtb16_odd(u);
  }
  return to;
}

/*
 * Expands what is left of a run behind its quads: `rest` taps, 1 to 3. An odd tap stands in the lower halves of a pair
 * of which the odd tap of the next run takes the upper ones: `odd` says where, NULL where none waits.
 */
TSR_DSP_CALL uint32_t *conv_dsp_expand_rest(const int8_t *from, int32_t step, int32_t rest, int32_t pixels,
                                            uint32_t *to, uint32_t **odd) {
  if (rest >= 2) {
    for (int32_t i = 0; i < pixels; ++i) {
      to[i] = tsr_dsp_pack((uint32_t)from[i * step], (uint32_t)from[i * step + rest - 1]);
    }
    to += pixels;
  }
  if (rest == 2) return to;
  from += rest / 2;
  if (*odd == NULL) {
    for (int32_t i = 0; i < pixels; ++i) to[i] = (uint32_t)from[i * step] & 0xffffu;
    *odd = to;
    return to + pixels;
  }
  for (int32_t i = 0; i < pixels; ++i) (*odd)[i] |= (uint32_t)from[i * step] << 16;
  *odd = NULL;
  return to;
}

/* Columns [first, first + columns) of a row, with padding as bytes, one pixel behind the other. */
TSR_DSP_CALL void conv_dsp_window(const tsr_conv_dsp *p, const int8_t *row, int32_t in_width, int32_t first, int32_t columns,
                            int8_t *to) {
  const int32_t channels = p->in_channels;
  const int32_t from = tsr_max(first, 0);
  const int32_t end = tsr_min(first + columns, in_width);
  if (row == NULL || end <= from) {
    tsr_dsp_fill(to, p->input_zero_point, columns * channels);
    return;
  }
  const int32_t before = from - first;
  tsr_dsp_fill(to, p->input_zero_point, before * channels);
  if (p->in_pixel == channels) {
    tsr_dsp_copy(to + before * channels, row + from * channels, (end - from) * channels);
  } else {
    for (int32_t x = from; x < end; ++x) tsr_dsp_copy(to + (x - first) * channels, row + x * p->in_pixel, channels);
  }
  const int32_t done = before + end - from;
  tsr_dsp_fill(to + done * channels, p->input_zero_point, (columns - done) * channels);
}

/* Expands everything that `pixels` output pixels need, from the one on whose first tap is column `first`. */
TSR_DSP_CALL void conv_dsp_expand(const tsr_conv_dsp *p, const int8_t *const *rows, int32_t in_width, int32_t first,
                            int32_t pixels, uint32_t *to, int8_t *window) {
  const int32_t columns = (pixels - 1) * p->stride_w + (p->kernel_w - 1) * p->dilation_w + 1;
  const int inside = first >= 0 && first + columns <= in_width;
  const int32_t quads = p->run_bytes >> 2;
  const int32_t rest = p->run_bytes & 3;
  uint32_t *odd = NULL;
  for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
    const int8_t *from = rows[ky];
    int32_t pixel = p->in_pixel;
    if (inside && from != NULL) {
      from += first * pixel;
    } else {
      conv_dsp_window(p, from, in_width, first, columns, window);
      from = window;
      pixel = p->in_channels;
    }
    const int32_t step = p->stride_w * pixel;
    for (int32_t run = 0; run < p->runs; ++run) {
      const int8_t *taps = from + run * p->dilation_w * pixel;
      to = pixels == 4   ? conv_dsp_expand4(taps, step, quads, to)
           : pixels == 2 ? conv_dsp_expand2(taps, step, quads, to)
                         : conv_dsp_expand1(taps, quads, to);
      if (rest > 0) to = conv_dsp_expand_rest(taps + 4 * quads, step, rest, pixels, to, &odd);
    }
  }
}

/* What every output of a call is made with. */
typedef struct conv_dsp_output {
  int32_t offset;
  int32_t shift;
} conv_dsp_output;

TSR_DSP_INLINE void conv_dsp_put(int8_t *out, int32_t sum, int32_t multiplier, const conv_dsp_output *y) {
  *out = (int8_t)tsr_dsp_ssat8(tsr_dsp_smmla(sum, multiplier, y->offset) >> y->shift);
}

/* The channels behind the packed ones, one by one, for any number of pixels. */
TSR_DSP_CALL void conv_dsp_rest(const tsr_conv_dsp *p, const int32_t *weights, const uint32_t *activations,
                                int32_t channels, int32_t pixels, int8_t *out) {
  const conv_dsp_output y = {p->offset, p->shift};
  const int32_t words = (p->pairs + 1) >> 1;
  for (int32_t c = 0; c < channels; ++c, weights += words + 2) {
    for (int32_t i = 0; i < pixels; ++i) {
      int32_t sum = weights[0];
      const uint32_t *x = activations + i;
      for (int32_t k = 0; k < p->pairs >> 1; ++k, x += 2 * pixels) {
        const uint32_t w = (uint32_t)weights[1 + k];
        sum = tsr_dsp_smlad(x[pixels], tsr_dsp_sxtb16_odd(w), tsr_dsp_smlad(x[0], tsr_dsp_sxtb16(w), sum));
      }
      if ((p->pairs & 1) != 0) sum = tsr_dsp_smlad(x[0], tsr_dsp_sxtb16((uint32_t)weights[words]), sum);
      conv_dsp_put(out + i * p->out_pixel + c, sum, weights[words + 1], &y);
    }
  }
}

TSR_DSP_CALL void conv_dsp_group4(const tsr_conv_dsp *p, const uint32_t *activations, int8_t *out) {
  const tsr_dsp_loop loop = tsr_dsp_loop_of_eight(activations, p->pairs, 4);
  const conv_dsp_output y = {p->offset, p->shift};
  const int32_t pixel = p->out_pixel;
  const int32_t quad = 8 + 2 * p->pairs;
  const int32_t *weights = p->weights;
  for (int32_t channels = p->packed_channels; channels > 0; channels -= 4, weights += quad - 2) {
    for (const int32_t *end = weights + 2; weights < end; ++weights, out += 2) {
      int32_t a[4];
      int32_t b[4];
      const int32_t *m = tsr_dsp_dot_4x2(b, a, weights, activations, &loop);
      const int32_t even = m[2];
      const int32_t odd = m[4];
      int8_t *o = out;
      conv_dsp_put(o, b[0], even, &y);
      conv_dsp_put(o + 1, a[0], odd, &y);
      o += pixel;
      conv_dsp_put(o, b[1], even, &y);
      conv_dsp_put(o + 1, a[1], odd, &y);
      o += pixel;
      conv_dsp_put(o, b[2], even, &y);
      conv_dsp_put(o + 1, a[2], odd, &y);
      o += pixel;
      conv_dsp_put(o, b[3], even, &y);
      conv_dsp_put(o + 1, a[3], odd, &y);
    }
  }
  if (p->packed_channels < p->out_channels) {
    conv_dsp_rest(p, weights, activations, p->out_channels - p->packed_channels, 4, out);
  }
}

TSR_DSP_CALL void conv_dsp_group2(const tsr_conv_dsp *p, const uint32_t *activations, int8_t *out) {
  const tsr_dsp_loop loop = tsr_dsp_loop_of_eight(activations, p->pairs, 2);
  const conv_dsp_output y = {p->offset, p->shift};
  const int32_t *weights = p->weights;
  for (int32_t channels = p->packed_channels; channels > 0; channels -= 4, out += 4) {
    int32_t a[4];
    int32_t b[4];
    const int32_t *m = tsr_dsp_dot_2x4(b, a, weights, activations, &loop);
    const int32_t m0 = m[2];
    const int32_t m2 = m[3];
    const int32_t m1 = m[4];
    const int32_t m3 = m[5];
    int8_t *o = out + p->out_pixel;
    weights = m + 6;
    conv_dsp_put(out, b[0], m0, &y);
    conv_dsp_put(o, b[1], m0, &y);
    conv_dsp_put(out + 1, a[0], m1, &y);
    conv_dsp_put(o + 1, a[1], m1, &y);
    conv_dsp_put(out + 2, b[2], m2, &y);
    conv_dsp_put(o + 2, b[3], m2, &y);
    conv_dsp_put(out + 3, a[2], m3, &y);
    conv_dsp_put(o + 3, a[3], m3, &y);
  }
  if (p->packed_channels < p->out_channels) {
    conv_dsp_rest(p, weights, activations, p->out_channels - p->packed_channels, 2, out);
  }
}

TSR_DSP_CALL void conv_dsp_group1(const tsr_conv_dsp *p, const uint32_t *activations, int8_t *out) {
  const tsr_dsp_loop loop = tsr_dsp_loop_of_sixteen(activations, p->pairs);
  const conv_dsp_output y = {p->offset, p->shift};
  const int32_t *weights = p->weights;
  for (int32_t channels = p->packed_channels; channels > 0; channels -= 4, out += 4) {
    int32_t a[2];
    int32_t b[2];
    const int32_t *m = tsr_dsp_dot_1x4(b, a, weights, activations, &loop);
    const int32_t m2 = m[1];
    const int32_t m1 = m[2];
    const int32_t m3 = m[3];
    conv_dsp_put(out, b[0], m[0], &y);
    conv_dsp_put(out + 1, a[0], m1, &y);
    conv_dsp_put(out + 2, b[1], m2, &y);
    conv_dsp_put(out + 3, a[1], m3, &y);
    weights = m + 4;
  }
  if (p->packed_channels < p->out_channels) {
    conv_dsp_rest(p, weights, activations, p->out_channels - p->packed_channels, 1, out);
  }
}

void tsr_conv_s8s8__dsp(const tsr_conv_dsp *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                        void *scratch) {
  uint32_t *activations = scratch;
  int8_t *window = (int8_t *)(activations + p->group * p->pairs);
  const int32_t width = segment->out_width;
  int32_t pixels;
  for (int32_t x = 0; x < width; x += pixels) {
    pixels = tsr_min(width - x, p->group);
    pixels = pixels == 3 ? 2 : pixels;
    int8_t *to = out + x * p->out_pixel;
    conv_dsp_expand(p, rows, segment->in_width, x * p->stride_w - segment->pad_left, pixels, activations, window);
    if (pixels == 4) {
      conv_dsp_group4(p, activations, to);
    } else if (pixels == 2) {
      conv_dsp_group2(p, activations, to);
    } else {
      conv_dsp_group1(p, activations, to);
    }
  }
  if (p->min > -128 || p->max < 127) {
    if (p->out_pixel == p->out_channels) {
      tsr_dsp_clamp(out, width * p->out_pixel, p->min, p->max);
    } else {
      for (int32_t x = 0; x < width; ++x) tsr_dsp_clamp(out + x * p->out_pixel, p->out_channels, p->min, p->max);
    }
  }
}
