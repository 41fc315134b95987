#include "tsr_conv__simd128.h"
#include "tsr_simd128.h"

/* Inputs of a pixel that are widened at a time, and from one pixel's to the next: not a power of two, which caches dislike. */
enum { conv_simd_chunk = 1024, conv_simd_pitch = 1024 + 16 };

/* Bytes as 16-bit numbers; what a last vector covers for the second time it writes with the same values. */
TSR_SIMD_INLINE void conv_simd_widen(int16_t *to, const int8_t *from, int32_t count) {
  if (count < 8) {
    for (int32_t i = 0; i < count; ++i) to[i] = from[i];
    return;
  }
  int32_t i = 0;
  for (; i + 8 <= count; i += 8) wasm_v128_store(to + i, wasm_i16x8_load8x8(from + i));
  if (i < count) wasm_v128_store(to + count - 8, wasm_i16x8_load8x8(from + count - 8));
}

TSR_SIMD_INLINE void conv_simd_fill(int16_t *to, int32_t value, int32_t count) {
  for (int32_t i = 0; i < count; ++i) to[i] = (int16_t)value;
}

/* Inputs [from, from + count) of the output pixel whose first tap is column `first`. */
static void conv_simd_gather(const tsr_conv_simd128 *p, const int8_t *const *rows, int32_t in_width, int32_t first,
                             int32_t from, int32_t count, int16_t *to) {
  const int32_t row_inputs = p->kernel_w * p->in_channels;
  const int32_t reach = (p->kernel_w - 1) * p->dilation_w;
  /* The taps of a row, one behind the other, without a gap and none of them padding. */
  const int32_t joined =
      (p->kernel_w == 1 || (p->dilation_w == 1 && p->in_pixel == p->in_channels)) && first >= 0 && first + reach < in_width;
  int32_t ky = from == 0 ? 0 : from / row_inputs;
  int32_t at = from - ky * row_inputs;
  for (int32_t left = count; left > 0;) {
    int32_t run = tsr_min(row_inputs - at, left);
    if (rows[ky] == NULL) {
      conv_simd_fill(to, p->input_zero_point, run);
    } else if (joined) {
      conv_simd_widen(to, rows[ky] + first * p->in_pixel + at, run);
    } else {
      const int32_t kx = at / p->in_channels;
      const int32_t channel = at - kx * p->in_channels;
      const int32_t column = first + kx * p->dilation_w;
      run = tsr_min(p->in_channels - channel, left);
      if (column < 0 || column >= in_width) {
        conv_simd_fill(to, p->input_zero_point, run);
      } else {
        conv_simd_widen(to, rows[ky] + column * p->in_pixel + channel, run);
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

/* acc[i] += sums over `pairs` pairs of inputs, for `pixels` pixels and 8 channels. */
TSR_SIMD_INLINE void conv_simd_sums(v128_t acc[4][2], const int8_t *weights, const int16_t *inputs, int32_t pairs,
                                    const int32_t pixels) {
  for (int32_t k = 0; k < pairs; ++k) {
    const v128_t low = wasm_i16x8_load8x8(weights + 16 * k);
    const v128_t high = wasm_i16x8_load8x8(weights + 16 * k + 8);
    TSR_SIMD_UNROLL
    for (int32_t i = 0; i < pixels; ++i) {
      const v128_t pair = wasm_v128_load32_splat(inputs + 2 * k + i * conv_simd_pitch);
      acc[i][0] = wasm_i32x4_add(acc[i][0], wasm_i32x4_dot_i16x8(pair, low));
      acc[i][1] = wasm_i32x4_add(acc[i][1], wasm_i32x4_dot_i16x8(pair, high));
    }
  }
}

/* The next `pixels` output pixels, at most 4; the first of them has its first tap in column `first`. */
TSR_SIMD_INLINE void conv_simd_pixels(const tsr_conv_simd128 *p, const int8_t *const *rows, int8_t *out, int32_t in_width,
                                      int32_t first, const int32_t pixels, const tsr_simd_range *range,
                                      int16_t *inputs) {
  const int32_t all = p->kernel_h * p->kernel_w * p->in_channels;
  const int32_t pairs = (all + 1) / 2;
  const int8_t *weights = p->weights;
  for (int32_t o = 0; o < p->out_channels; o += 8) {
    v128_t acc[4][2];
    TSR_SIMD_UNROLL
    for (int32_t i = 0; i < pixels; ++i) {
      acc[i][0] = wasm_v128_load(p->bias + o);
      acc[i][1] = wasm_v128_load(p->bias + o + 4);
    }
    for (int32_t from = 0; from < all; from += conv_simd_chunk) {
      const int32_t count = tsr_min(all - from, conv_simd_chunk);
      /* One chunk serves all channels; more of them are gathered again. */
      if (o == 0 || all > conv_simd_chunk) {
        for (int32_t i = 0; i < pixels; ++i) {
          conv_simd_gather(p, rows, in_width, first + i * p->stride_w, from, count, inputs + i * conv_simd_pitch);
        }
      }
      conv_simd_sums(acc, weights + 8 * from, inputs, (count + 1) / 2, pixels);
    }
    weights += 16 * pairs;
    const v128_t low = wasm_v128_load(p->multipliers + o);
    const v128_t high = wasm_v128_load(p->multipliers + o + 4);
    const int32_t channels = tsr_min(8, p->out_channels - o);
    TSR_SIMD_UNROLL
    for (int32_t i = 0; i < pixels; i += 2) {
      const int32_t j = i + 1 < pixels ? i + 1 : i;
      const v128_t bytes =
          tsr_simd_clamp(tsr_simd_scale(acc[i][0], low, range), tsr_simd_scale(acc[i][1], high, range),
                         tsr_simd_scale(acc[j][0], low, range), tsr_simd_scale(acc[j][1], high, range), range);
      tsr_simd_store_low(out + i * p->out_pixel + o, bytes, channels);
      if (j > i) tsr_simd_store_high(out + j * p->out_pixel + o, bytes, channels);
    }
  }
}

void tsr_conv_s8s8__simd128(const tsr_conv_simd128 *p, const int8_t *const *rows, int8_t *out,
                            const tsr_segment *segment, void *scratch) {
  (void)scratch;
  const tsr_simd_range range = tsr_simd_range_of(p->pre_scale, p->offset, p->shift, p->min, p->max);
  int16_t inputs[4 * conv_simd_pitch];
  const int32_t in_width = segment->in_width;
  int32_t first = -segment->pad_left;
  int32_t left = segment->out_width;
  for (; left >= 4; left -= 4) {
    conv_simd_pixels(p, rows, out, in_width, first, 4, &range, inputs);
    first += 4 * p->stride_w;
    out += 4 * p->out_pixel;
  }
  if (left >= 2) {
    conv_simd_pixels(p, rows, out, in_width, first, 2, &range, inputs);
    first += 2 * p->stride_w;
    out += 2 * p->out_pixel;
    left -= 2;
  }
  if (left > 0) conv_simd_pixels(p, rows, out, in_width, first, 1, &range, inputs);
}
