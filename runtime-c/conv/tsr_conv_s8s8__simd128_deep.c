#include "tsr_conv__simd128.h"

/* Inputs [from, from + count) of the output pixel whose first tap is column `first`. */
static inline void conv_simd_deep_gather(const tsr_conv_simd128 *p, const int8_t *const *rows, int32_t in_width,
                                         int32_t first, int32_t from, int32_t count, int16_t *to) {
  const int32_t row_inputs = p->kernel_w * p->in_channels;
  const int32_t reach = (p->kernel_w - 1) * p->dilation_w;
  /* The taps of a row, one behind the other, without a gap and none of them padding. */
  const int32_t joined = (p->kernel_w == 1 || (p->dilation_w == 1 && p->in_pixel == p->in_channels)) && first >= 0 &&
                         first + reach < in_width;
  int32_t ky = from == 0 ? 0 : from / row_inputs;
  int32_t at = from - ky * row_inputs;
  for (int32_t left = count; left > 0;) {
    int32_t run = tsr_min(row_inputs - at, left);
    if (rows[ky] == NULL) {
      tsr_conv_simd_fill(to, p->input_zero_point, run);
    } else if (joined) {
      tsr_conv_simd_widen(to, rows[ky] + first * p->in_pixel + at, run);
    } else {
      const int32_t kx = at / p->in_channels;
      const int32_t channel = at - kx * p->in_channels;
      const int32_t column = first + kx * p->dilation_w;
      run = tsr_min(p->in_channels - channel, left);
      if (column < 0 || column >= in_width) {
        tsr_conv_simd_fill(to, p->input_zero_point, run);
      } else {
        tsr_conv_simd_widen(to, rows[ky] + column * p->in_pixel + channel, run);
      }
    }
    to += run;
    left -= run;
    at += run;
    if (at == row_inputs) {
      at = 0;
      ++ky;
    }
  }
  if ((count & 1) != 0) *to = 0;
}

/* The next `pixels` output pixels, at most 4; the first of them has its first tap in column `first`. */
TSR_SIMD_INLINE void conv_simd_deep_pixels(const tsr_conv_simd128 *p, const int8_t *const *rows, int8_t *out,
                                           int32_t in_width, int32_t first, const tsr_simd_range *range,
                                           int16_t *inputs, const int32_t pixels) {
  const int32_t all = p->kernel_h * p->kernel_w * p->in_channels;
  const int8_t *weights = p->weights;
  for (int32_t channel = 0; channel < p->out_channels; channel += 8) {
    const int32_t o = tsr_min(channel, p->out_channels - 8);
    v128_t acc[4][2];
    tsr_conv_simd_start(acc, p->bias + o, pixels);
    for (int32_t from = 0; from < all; from += tsr_conv_simd_chunk) {
      const int32_t count = tsr_min(all - from, tsr_conv_simd_chunk);
      for (int32_t i = 0; i < pixels; ++i) {
        conv_simd_deep_gather(p, rows, in_width, first + i * p->stride_w, from, count, inputs + i * tsr_conv_simd_pitch);
      }
      tsr_conv_simd_sums(acc, weights, inputs, (count + 1) / 2, pixels);
      weights += 16 * ((count + 1) / 2);
    }
    tsr_conv_simd_finish(p, acc, out, o, range, pixels);
  }
}

void tsr_conv_s8s8__simd128_deep(const tsr_conv_simd128 *p, const int8_t *const *rows, int8_t *out,
                                 const tsr_segment *segment, void *scratch) {
  (void)scratch;
  const tsr_simd_range range = tsr_simd_range_of(p->pre_scale, p->offset, p->shift, p->min, p->max);
  int16_t inputs[4 * tsr_conv_simd_pitch];
  const int32_t in_width = segment->in_width;
  int32_t first = -segment->pad_left;
  int32_t left = segment->out_width;
  for (; left >= 4; left -= 4) {
    conv_simd_deep_pixels(p, rows, out, in_width, first, &range, inputs, 4);
    first += 4 * p->stride_w;
    out += 4 * p->out_pixel;
  }
  for (; left > 0; --left) {
    conv_simd_deep_pixels(p, rows, out, in_width, first, &range, inputs, 1);
    first += p->stride_w;
    out += p->out_pixel;
  }
}
