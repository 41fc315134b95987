/*
 * Depthwise 3 x 3, stride 2, on Arm DSP.
 *
 * Instructions a multiply-accumulate of 64 channels, requantisation included, Cortex-M4, gcc -O2, counted in QEMU: rows of
 * 24 and of 12 2.9, of 6 3.3; segments of one pixel 3.3. The portable kernel: 13.4.
 */
#include "tsr_depthwise__dsp_3x3.h"
#include "tsr_depthwise__dsp_pixel.h"

/* The outputs of `count` pairs of columns, as pixels. */
static inline void depthwise_3x3_stride2_dsp_put(const tsr_depthwise_packed_dsp_shape *p, const uint32_t *pair,
                                                 int32_t count, int8_t *to) {
  const uint32_t least = tsr_dsp_four(p->min);
  const uint32_t most = tsr_dsp_four(p->max);
  const int32_t step = p->out_pixel;
  if (p->min == -128 && p->max == 127) {
    for (; count > 0; --count, pair += tsr_dsp_pair_words, to += step) tsr_dsp_store(to, tsr_dsp_pack(pair[3],
                                                                                                      pair[7]));
  } else {
    for (; count > 0; --count, pair += tsr_dsp_pair_words, to += step) {
      tsr_dsp_store(to, tsr_dsp_min8(tsr_dsp_max8(tsr_dsp_pack(pair[3], pair[7]), least), most));
    }
  }
}

TSR_DSP_CALL void depthwise_3x3_stride2_dsp_wide(const tsr_depthwise_packed_dsp *layer, const int8_t *const *rows,
                                                 int8_t *out,
                                                 int32_t in_width, int32_t first, int32_t count, uint32_t *scratch) {
  const tsr_depthwise_packed_dsp_shape *p = layer->shape;
  const int32_t *weights = layer->weights;
  tsr_depthwise_columns columns;
  tsr_depthwise_columns_begin(&columns, p, rows, in_width, first, 2 * count + 2, scratch);
  tsr_dsp_columns context;
  tsr_dsp_columns_begin(&context, scratch, count, p->offset);
  for (int32_t c = 0; c < p->channels; c += 4) {
    tsr_depthwise_put_columns(&columns, c, scratch);
    weights = tsr_dsp_channels_3x3_stride2(&context, weights);
    depthwise_3x3_stride2_dsp_put(p, scratch, count, out + c);
  }
}

TSR_DSP_CALL void depthwise_3x3_stride2_dsp_few(const tsr_depthwise_packed_dsp *layer, const int8_t *const *rows,
                                                int8_t *out, const tsr_segment *segment) {
  tsr_depthwise_narrow(layer, rows, out, segment, 2);
}

void tsr_depthwise_s8s8__dsp_3x3_stride2(const tsr_depthwise_packed_dsp *layer, const int8_t *const *rows, int8_t *out,
                                         const tsr_segment *segment, void *scratch) {
  if (segment->out_width <= tsr_depthwise_3x3_stride2_narrow) depthwise_3x3_stride2_dsp_few(layer, rows, out, segment);
  else tsr_depthwise_rows(layer, rows, out, segment, scratch, 2, depthwise_3x3_stride2_dsp_wide);
}
