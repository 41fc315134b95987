/*
 * Depthwise 3 x 3, stride 2, on Arm DSP.
 */
#include "tsr_depthwise__dsp_3x3.h"

/* `count` outputs, at most half of tsr_depthwise_3x3_outputs, whose first tap is column `first`. */
static void depthwise_3x3_stride2_outputs(const tsr_depthwise_3x3_dsp *p, const int8_t *const *rows, int8_t *out, int32_t in_width,
                       int32_t first, int32_t count, uint32_t *scratch) {
  tsr_depthwise_columns columns;
  tsr_depthwise_columns_begin(&columns, p, rows, in_width, first, 2 * count + 2, scratch);
  tsr_dsp_columns context;
  tsr_dsp_columns_begin(&context, scratch, count, p->offset);
  const int32_t *weights = p->weights;
  for (int32_t c = 0; c < p->channels; c += 4) {
    tsr_depthwise_put_columns(&columns, c, scratch);
    weights = tsr_dsp_channels_3x3_stride2(&context, weights);
    int8_t *to = out + c;
    for (const uint32_t *pair = scratch; pair != context.end; pair += tsr_dsp_pair_words, to += p->out_pixel) {
      tsr_dsp_store(to, tsr_dsp_pack(pair[3], pair[7]));
    }
  }
}

void tsr_depthwise_s8s8__dsp_3x3_stride2(const tsr_depthwise_3x3_dsp *p, const int8_t *const *rows, int8_t *out,
                                         const tsr_segment *segment, void *scratch) {
  int32_t count = tsr_depthwise_few(p, rows, out, segment, 2, 0) ? segment->out_width : 0;
  for (int32_t x = count; x < segment->out_width; x += count) {
    count = tsr_min(segment->out_width - x, tsr_depthwise_3x3_outputs / 2);
    depthwise_3x3_stride2_outputs(p, rows, out + x * p->out_pixel, segment->in_width, 2 * x - segment->pad_left, count, scratch);
  }
  tsr_depthwise_clamp(p, out, segment->out_width);
}
