/*
 * The mean under a window on Arm DSP: four channels at a time, whose sums lie in the halves of two words.
 *
 * Instructions an output of a 2 x 2 window, counted in QEMU (Cortex-M4, gcc -O2): 34; the portable kernel takes 67.
 */
#include "tsr_average_pool__dsp.h"
#include "tsr_dsp.h"

/* How many of `taps` positions, `dilation` apart from `first` on, lie in [from, to). */
static int32_t average_pool_dsp_within(int32_t first, int32_t dilation, int32_t taps, int32_t from, int32_t to) {
  int32_t count = 0;
  for (int32_t i = 0; i < taps; ++i) count += first + i * dilation >= from && first + i * dilation < to;
  return count;
}

/* The taps of one output pixel that lie in the input. */
typedef struct average_pool_taps {
  int32_t first; /* bytes from the start of a row to the first of them */
  int32_t step;
  int32_t count;
  int32_t multiplier;
} average_pool_taps;

static inline int8_t average_pool_dsp_output(const tsr_average_pool *p, int32_t sum, int32_t multiplier) {
  const int32_t high = tsr_dsp_smmla(sum * p->pre_scale, multiplier, p->offset);
  return (int8_t)tsr_min(tsr_max(high >> p->shift, p->min), p->max);
}

static inline void average_pool_dsp_four(const tsr_average_pool *p, const int8_t *const *rows, int8_t *out, int32_t c,
                                         const average_pool_taps *taps) {
  uint32_t even = 0;
  uint32_t odd = 0;
  int32_t times = 0;
  for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
    if (rows[ky] == NULL || taps->count <= 0) continue;
    const int8_t *from = rows[ky] + taps->first + c;
    for (int32_t i = 0; i < taps->count; ++i, from += taps->step) {
      const uint32_t word = tsr_dsp_load(from);
      even = tsr_dsp_sxtab16(even, word);
      odd = tsr_dsp_sxtab16_odd(odd, word);
    }
    times += taps->count;
  }
  const int32_t zero_points = -times * p->input_zero_point;
  out[c] = average_pool_dsp_output(p, (int16_t)even + zero_points, taps->multiplier);
  out[c + 1] = average_pool_dsp_output(p, (int16_t)odd + zero_points, taps->multiplier);
  out[c + 2] = average_pool_dsp_output(p, (int16_t)(even >> 16) + zero_points, taps->multiplier);
  out[c + 3] = average_pool_dsp_output(p, (int16_t)(odd >> 16) + zero_points, taps->multiplier);
}

static inline void average_pool_dsp_one(const tsr_average_pool *p, const int8_t *const *rows, int8_t *out, int32_t c,
                                        const average_pool_taps *taps) {
  int32_t sum = 0;
  for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
    for (int32_t i = 0; rows[ky] != NULL && i < taps->count; ++i) {
      sum += rows[ky][taps->first + c + i * taps->step] - p->input_zero_point;
    }
  }
  out[c] = average_pool_dsp_output(p, sum, taps->multiplier);
}

void tsr_average_pool_s8__dsp(const tsr_average_pool *p, const int8_t *const *rows, int8_t *out,
                              const tsr_segment *segment, void *scratch) {
  (void)scratch;
  const int32_t top = segment->row * p->stride_h - p->pad_top;
  const int32_t counted_rows =
      average_pool_dsp_within(top, p->dilation_h, p->kernel_h, p->count_from_row, p->count_to_row);
  for (int32_t x = 0; x < segment->out_width; ++x) {
    const int32_t column = x * p->stride_w - segment->pad_left;
    const int32_t counted_columns = average_pool_dsp_within(column, p->dilation_w, p->kernel_w, -p->count_left,
                                                            segment->in_width + p->count_right);
    const int32_t from = column >= 0 ? 0 : (p->dilation_w - 1 - column) / p->dilation_w;
    const int32_t behind = tsr_floor_div(segment->in_width - 1 - column, p->dilation_w) + 1;
    const average_pool_taps taps = {
        .first = (column + from * p->dilation_w) * p->in_pixel,
        .step = p->dilation_w * p->in_pixel,
        .count = tsr_min(behind, p->kernel_w) - from,
        .multiplier = p->multipliers[counted_rows * counted_columns - p->first_count],
    };
    int8_t *pixel = out + x * p->out_pixel;
    int32_t c = 0;
    for (; c + 4 <= p->channels; c += 4) average_pool_dsp_four(p, rows, pixel, c, &taps);
    for (; c < p->channels; ++c) average_pool_dsp_one(p, rows, pixel, c, &taps);
  }
}
