#include "tsr_conv__simd128.h"

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
        tsr_conv_simd_gather(p, rows, in_width, first + i * p->stride_w, from, count, inputs + i * tsr_conv_simd_pitch);
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
