/*
 * tsr_depthwise_s8s8__dsp_3x3 with the code for one pixel at a time alone: as fast where all calls are of one pixel, as
 * in streams that compute column by column, and slower elsewhere, but small. The same parameters and weights.
 */
#include "tsr_depthwise__dsp_pixel.h"

void tsr_depthwise_s8s8__dsp_3x3_one(const tsr_depthwise_packed_dsp *p, const int8_t *const *rows, int8_t *out,
                                     const tsr_segment *segment, void *scratch) {
  (void)scratch;
  for (int32_t x = 0; x < segment->out_width; ++x) {
    tsr_depthwise_pixels(p, rows, segment->in_width, x - segment->pad_left, 1, 0, out + x * p->out_pixel);
  }
}
