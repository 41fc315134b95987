#include "tsr_conv__simd128.h"

/* The next `pixels` output pixels, at most 4; the first of them has its first tap in column `first`. */
TSR_SIMD_INLINE void conv_simd_pixels(const tsr_conv_simd128 *p, const int8_t *const *rows, int8_t *out, int32_t in_width,
                                      int32_t first, const tsr_simd_range *range, int16_t *inputs,
                                      const int32_t pixels) {
  const int32_t row_inputs = p->kernel_w * p->in_channels;
  const int32_t pairs = p->kernel_h * ((row_inputs + 1) / 2);
  for (int32_t i = 0; i < pixels; ++i) {
    tsr_conv_simd_gather(p, rows, in_width, first + i * p->stride_w, row_inputs, inputs + i * tsr_conv_simd_pitch);
  }
  const int8_t *weights = p->weights;
  for (int32_t from = 0; from < p->out_channels; from += 8) {
    const int32_t o = tsr_min(from, p->out_channels - 8);
    v128_t acc[4][2];
    tsr_conv_simd_start(acc, p->bias + o, pixels);
    tsr_conv_simd_sums(acc, weights, inputs, pairs, pixels);
    tsr_conv_simd_finish(p, acc, out, o, range, pixels);
    weights += 16 * pairs;
  }
}

void tsr_conv_s8s8__simd128(const tsr_conv_simd128 *p, const int8_t *const *rows, int8_t *out,
                            const tsr_segment *segment, void *scratch) {
  (void)scratch;
  const tsr_simd_range range = tsr_simd_range_of(p->pre_scale, p->offset, p->shift, p->min, p->max);
  int16_t inputs[4 * tsr_conv_simd_pitch];
  const int32_t in_width = segment->in_width;
  int32_t first = -segment->pad_left;
  int32_t left = segment->out_width;
  for (; left >= 4; left -= 4) {
    conv_simd_pixels(p, rows, out, in_width, first, &range, inputs, 4);
    first += 4 * p->stride_w;
    out += 4 * p->out_pixel;
  }
  if (left >= 2) {
    conv_simd_pixels(p, rows, out, in_width, first, &range, inputs, 2);
    first += 2 * p->stride_w;
    out += 2 * p->out_pixel;
    left -= 2;
  }
  if (left > 0) conv_simd_pixels(p, rows, out, in_width, first, &range, inputs, 1);
}
