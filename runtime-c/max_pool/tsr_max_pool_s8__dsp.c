/*
 * The largest value under a window on Arm DSP: four channels at a time, two instructions for the four of a tap.
 *
 * Instructions an output of a 2 x 2 window, counted in QEMU (Cortex-M4, gcc -O2): 18; the portable kernel takes 58.
 */
#include "tsr_dsp.h"
#include "tsr_max_pool__dsp.h"

/* The largest of one channel; taps [from, to) of each row lie in it. */
static int8_t max_pool_dsp_one(const tsr_max_pool *p, const int8_t *const *rows, int32_t first, int32_t from, int32_t to) {
  int32_t most = -128;
  for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
    for (int32_t kx = from; rows[ky] != NULL && kx < to; ++kx) {
      most = tsr_max(most, rows[ky][first + kx * p->dilation_w * p->in_pixel]);
    }
  }
  return (int8_t)most;
}

void tsr_max_pool_s8__dsp(const tsr_max_pool *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                          void *scratch) {
  (void)scratch;
  const int32_t step = p->dilation_w * p->in_pixel;
  for (int32_t x = 0; x < segment->out_width; ++x) {
    const int32_t column = x * p->stride_w - segment->pad_left;
    const int32_t from = column >= 0 ? 0 : (p->dilation_w - 1 - column) / p->dilation_w;
    const int32_t behind = tsr_floor_div(segment->in_width - 1 - column, p->dilation_w) + 1;
    const int32_t to = tsr_min(behind, p->kernel_w);
    const int32_t first = column * p->in_pixel;
    int8_t *pixel = out + x * p->out_pixel;
    int32_t c = 0;
    for (; c + 4 <= p->channels; c += 4) {
      uint32_t most = tsr_dsp_four(-128);
      for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
        if (rows[ky] == NULL) continue;
        int32_t at = first + c + from * step;
        for (int32_t kx = from; kx < to; ++kx, at += step) most = tsr_dsp_max8(most, tsr_dsp_load(rows[ky] + at));
      }
      tsr_dsp_store(pixel + c, most);
    }
    for (; c < p->channels; ++c) pixel[c] = max_pool_dsp_one(p, rows, first + c, from, to);
    if (p->table == NULL) continue;
    for (c = 0; c < p->channels; ++c) pixel[c] = p->table[pixel[c] + 128];
  }
}
