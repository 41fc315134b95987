/*
 * tsr_depthwise_s8s8__dsp_3x3 without the code for segments of one or two pixels: as fast where all calls are of three
 * or more, and slower elsewhere, but half its size. The same parameters and weights.
 */
#include "tsr_depthwise__dsp_3x3.h"

TSR_DSP_CALL void depthwise_3x3_dsp_run(const tsr_depthwise_packed_dsp *p, const int8_t *const *rows, int8_t *out,
                                        int32_t in_width, int32_t first, int32_t count, uint32_t *scratch) {
  tsr_depthwise_outputs(p, rows, out, in_width, first, count, scratch, tsr_dsp_channels_3x3);
}

void tsr_depthwise_s8s8__dsp_3x3_rows(const tsr_depthwise_packed_dsp *p, const int8_t *const *rows, int8_t *out,
                                      const tsr_segment *segment, void *scratch) {
  int32_t count;
  for (int32_t x = 0; x < segment->out_width; x += count) {
    count = tsr_min(segment->out_width - x, tsr_depthwise_3x3_outputs);
    depthwise_3x3_dsp_run(p, rows, out + x * p->out_pixel, segment->in_width, x - segment->pad_left, count, scratch);
  }
}
