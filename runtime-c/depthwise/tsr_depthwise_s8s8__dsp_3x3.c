/*
 * Depthwise 3 x 3, stride 1, on Arm DSP.
 *
 * Instructions a multiply-accumulate of 64 channels with padding, requantisation included, Cortex-M4, gcc -O2, counted
 * in QEMU: rows of 24: 1.97, of 12: 2.20, of 6: 2.62 (portable: 13.4). Estimated cycles there: 2.4 (16).
 */
#include "tsr_depthwise__dsp_3x3.h"

/* `count` outputs, at most tsr_depthwise_3x3_outputs, whose first tap is column `first`. */
static void outputs_of(const tsr_depthwise_3x3_dsp *p, const int8_t *const *rows, int8_t *out, int32_t in_width,
                       int32_t first, int32_t count, uint32_t *scratch) {
  const int32_t pairs = (count + 1) / 2;
  tsr_depthwise_columns columns;
  tsr_depthwise_columns_begin(&columns, p, rows, in_width, first, 2 * pairs + 2, scratch);
  tsr_dsp_columns context;
  tsr_dsp_columns_begin(&context, scratch, pairs, p->offset);
  const int32_t *weights = p->weights;
  for (int32_t c = 0; c < p->channels; c += 4) {
    tsr_depthwise_put_columns(&columns, c, scratch);
    weights = tsr_dsp_channels_3x3(&context, weights);
    if (count > 1) tsr_dsp_pair_outputs(scratch, out + c, p->out_pixel, count / 2);
    const uint32_t *last = scratch + count / 2 * tsr_dsp_pair_words;
    if (count & 1) tsr_dsp_store(out + (count - 1) * p->out_pixel + c, tsr_dsp_pack(last[3], last[7]));
  }
}

void tsr_depthwise_s8s8__dsp_3x3(const tsr_depthwise_3x3_dsp *p, const int8_t *const *rows, int8_t *out,
                                 const tsr_segment *segment, void *scratch) {
  int32_t count;
  for (int32_t x = 0; x < segment->out_width; x += count) {
    count = tsr_min(segment->out_width - x, tsr_depthwise_3x3_outputs);
    outputs_of(p, rows, out + x * p->out_pixel, segment->in_width, x - segment->pad_left, count, scratch);
  }
  tsr_depthwise_clamp(p, out, segment->out_width);
}
