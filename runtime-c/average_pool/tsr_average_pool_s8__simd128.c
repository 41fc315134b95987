#include "tsr_average_pool__simd128.h"

/* How many of `taps` positions, `dilation` apart from `first` on, lie in [from, to). */
static inline int32_t average_pool_simd_within(int32_t first, int32_t dilation, int32_t taps, int32_t from, int32_t to) {
  int32_t count = 0;
  for (int32_t i = 0; i < taps; ++i) {
    const int32_t position = first + i * dilation;
    count += position >= from && position < to;
  }
  return count;
}

/* The outputs of channels [c, c + 8); the first tap of the window is column `first`. */
TSR_SIMD_INLINE v128_t average_pool_simd_window(const tsr_average_pool *p, const int8_t *const *rows, int32_t in_width,
                                                int32_t first, int32_t c, v128_t multiplier,
                                                const tsr_simd_range *range) {
  const v128_t zero_point = wasm_i16x8_splat((int16_t)p->input_zero_point);
  v128_t low = wasm_i32x4_splat(0);
  v128_t high = wasm_i32x4_splat(0);
  for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
    if (rows[ky] == NULL) continue;
    for (int32_t kx = 0; kx < p->kernel_w; ++kx) {
      const int32_t column = first + kx * p->dilation_w;
      if (column < 0 || column >= in_width) continue;
      const v128_t lanes =
          wasm_i16x8_sub(wasm_i16x8_load8x8(rows[ky] + column * p->in_pixel + c), zero_point);
      low = wasm_i32x4_add(low, wasm_i32x4_extend_low_i16x8(lanes));
      high = wasm_i32x4_add(high, wasm_i32x4_extend_high_i16x8(lanes));
    }
  }
  const v128_t first_half = tsr_simd_scale(low, multiplier, range);
  const v128_t second_half = tsr_simd_scale(high, multiplier, range);
  return tsr_simd_clamp(first_half, second_half, first_half, second_half, range);
}

void tsr_average_pool_s8__simd128(const tsr_average_pool *p, const int8_t *const *rows, int8_t *out,
                                  const tsr_segment *segment, void *scratch) {
  (void)scratch;
  const tsr_simd_range range = tsr_simd_range_of(p->pre_scale, p->offset, p->shift, p->min, p->max);
  const int32_t top = segment->row * p->stride_h - p->pad_top;
  const int32_t counted_rows =
      average_pool_simd_within(top, p->dilation_h, p->kernel_h, p->count_from_row, p->count_to_row);
  for (int32_t x = 0; x < segment->out_width; ++x) {
    const int32_t first = x * p->stride_w - segment->pad_left;
    const int32_t counted_columns = average_pool_simd_within(first, p->dilation_w, p->kernel_w, -p->count_left,
                                                             segment->in_width + p->count_right);
    const v128_t multiplier = wasm_i32x4_splat(p->multipliers[counted_rows * counted_columns - p->first_count]);
    int8_t *to = out + x * p->out_pixel;
    for (int32_t from = 0; from < p->channels; from += 8) {
      const int32_t c = tsr_min(from, p->channels - 8);
      wasm_v128_store64_lane(
          to + c, average_pool_simd_window(p, rows, segment->in_width, first, c, multiplier, &range), 0);
    }
  }
}
