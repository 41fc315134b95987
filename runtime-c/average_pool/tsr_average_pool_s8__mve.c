#include "tsr_average_pool__mve.h"

/* How many of `taps` positions, `dilation` apart from `first` on, lie in [from, to). */
static inline int32_t average_pool_mve_within(int32_t first, int32_t dilation, int32_t taps, int32_t from, int32_t to) {
  int32_t count = 0;
  for (int32_t i = 0; i < taps; ++i) {
    const int32_t position = first + i * dilation;
    count += position >= from && position < to;
  }
  return count;
}

/* 16 instructions an output of a 3 x 3 window on 64 channels (Cortex-M55, QEMU); Arm DSP takes 40, the portable kernel 110. */
void tsr_average_pool_s8__mve(const tsr_average_pool *p, const int8_t *const *rows, int8_t *out,
                              const tsr_segment *segment, void *scratch) {
  (void)scratch;
  const tsr_mve_s32 min = tsr_mve_all_s32(p->min);
  const tsr_mve_s32 max = tsr_mve_all_s32(p->max);
  const int32_t step = p->dilation_w * p->in_pixel;
  const int32_t top = segment->row * p->stride_h - p->pad_top;
  const int32_t counted_rows =
      average_pool_mve_within(top, p->dilation_h, p->kernel_h, p->count_from_row, p->count_to_row);
  int32_t inner_rows = 0;
  for (int32_t ky = 0; ky < p->kernel_h; ++ky) inner_rows += rows[ky] != NULL;
  for (int32_t x = 0; x < segment->out_width; ++x) {
    const int32_t first = x * p->stride_w - segment->pad_left;
    const int32_t counted_columns = average_pool_mve_within(first, p->dilation_w, p->kernel_w, -p->count_left,
                                                            segment->in_width + p->count_right);
    /* The multiplier is a multiple of 256, and halved what tsr_mve_requantize wants. */
    const tsr_mve_s32 half = tsr_mve_all_s32(p->multipliers[counted_rows * counted_columns - p->first_count] / 2);
    /* Taps inside the input lie side by side. */
    const int32_t before = first < 0 ? (-first + p->dilation_w - 1) / p->dilation_w : 0;
    const int32_t inner_columns = average_pool_mve_within(first, p->dilation_w, p->kernel_w, 0, segment->in_width);
    const int32_t zero = -inner_rows * inner_columns * p->input_zero_point;
    int8_t *to = out + x * p->out_pixel;
    for (int32_t from = 0; from < p->channels; from += 8) {
      /* The last eight channels end with the last: some are computed twice. */
      const int32_t c = tsr_min(from, p->channels - 8);
      tsr_mve_s16 sums = tsr_mve_all_s16(0);
      for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
        if (rows[ky] == NULL) continue;
        const int8_t *pixel = rows[ky] + (first + before * p->dilation_w) * p->in_pixel + c;
        for (int32_t i = inner_columns; i > 0; --i, pixel += step) {
          sums = tsr_mve_add_s16(sums, tsr_mve_load_bytes_s16(pixel));
        }
      }
      const tsr_mve_s32 even = tsr_mve_multiply_all_s32(tsr_mve_add_all_s32(tsr_mve_even_s16(sums), zero), p->pre_scale);
      const tsr_mve_s32 odd = tsr_mve_multiply_all_s32(tsr_mve_add_all_s32(tsr_mve_odd_s16(sums), zero), p->pre_scale);
      tsr_mve_store_alternating(to + c, tsr_mve_requantize(even, half, p->offset, p->shift, min, max),
                                tsr_mve_requantize(odd, half, p->offset, p->shift, min, max));
    }
  }
}
