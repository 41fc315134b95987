#include "tsr_average_pool.h"

enum { average_pool_block = 8 };

/* How many of `taps` positions, `dilation` apart from `first` on, lie in [from, to). */
static int32_t taps_within(int32_t first, int32_t dilation, int32_t taps, int32_t from, int32_t to) {
  int32_t count = 0;
  for (int32_t i = 0; i < taps; ++i) {
    const int32_t position = first + i * dilation;
    count += position >= from && position < to;
  }
  return count;
}

/* The outputs of `count` channels from channel c on, at most a average_pool_block, for the pixel whose first tap is column `first`. */
static inline void average_pool_channels(const tsr_average_pool *p, const int8_t *const *rows, int8_t *out, int32_t in_width,
                               int32_t first, int32_t multiplier, int32_t c, int32_t count) {
  int32_t acc[average_pool_block] = {0};
  for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
    if (rows[ky] == NULL) continue;
    for (int32_t kx = 0; kx < p->kernel_w; ++kx) {
      const int32_t column = first + kx * p->dilation_w;
      if (column < 0 || column >= in_width) continue;
      const int8_t *pixel = rows[ky] + column * p->in_pixel + c;
      for (int32_t i = 0; i < count; ++i) acc[i] += pixel[i] - p->input_zero_point;
    }
  }
  for (int32_t i = 0; i < count; ++i) {
    out[c + i] = tsr_requantize(acc[i] * p->pre_scale, multiplier, p->offset, p->shift, p->min, p->max);
  }
}

void tsr_average_pool_s8__portable(const tsr_average_pool *p, const int8_t *const *rows, int8_t *out,
                                   const tsr_segment *segment, void *scratch) {
  (void)scratch;
  const int32_t top = segment->row * p->stride_h - p->pad_top;
  const int32_t counted_rows = taps_within(top, p->dilation_h, p->kernel_h, p->count_from_row, p->count_to_row);
  for (int32_t x = 0; x < segment->out_width; ++x) {
    const int32_t first = x * p->stride_w - segment->pad_left;
    const int32_t counted_columns =
        taps_within(first, p->dilation_w, p->kernel_w, -p->count_left, segment->in_width + p->count_right);
    const int32_t multiplier = p->multipliers[counted_rows * counted_columns - p->first_count];
    int8_t *pixel = out + x * p->out_pixel;
    int32_t c = 0;
    for (; c + average_pool_block <= p->channels; c += average_pool_block) {
      average_pool_channels(p, rows, pixel, segment->in_width, first, multiplier, c, average_pool_block);
    }
    if (c < p->channels) average_pool_channels(p, rows, pixel, segment->in_width, first, multiplier, c, p->channels - c);
  }
}
