/*
 * Depthwise 3 x 3, stride 2, on Arm DSP, of channel-planar rows.
 *
 * Instructions an output of 64 channels, requantisation included, Cortex-M4, gcc -O2, counted in QEMU, with padding on the
 * right alone: rows of 24 outputs 18.4, of 12 20.0, of 6 24.4, of 3 21.4; with padding on the left 0.5 to 1.1 more. Rows
 * of fewer outputs, or with other padding, are computed by C alone: 190 to 230.
 */
#include "tsr_depthwise__dsp_planar.h"

void tsr_depthwise_s8s8__dsp_3x3_stride2_planar(const tsr_depthwise_packed_dsp *layer, const int8_t *const *rows,
                                                int8_t *out, const tsr_segment *segment, void *scratch) {
  const tsr_depthwise_packed_dsp_shape *p = layer->shape;
  (void)scratch;
#if defined(__ARM_FEATURE_DSP) && defined(__thumb__)
  const int32_t there = rows[0] != NULL || rows[1] != NULL || rows[2] != NULL;
  const int32_t left = segment->pad_left;
  const int32_t right = 2 * segment->out_width + 1 - left - segment->in_width;
  /* Outputs without the last, and the first where it has padding on its left: two columns each. */
  const int32_t pairs = segment->out_width - left;
  if (there && (left == 0 || left == 1) && (right == 0 || right == 1) && pairs >= 4) {
    const int32_t rest = (pairs & 3) | (right == 0 ? tsr_dsp_planar_column : 0) |
                         (left == 0 ? tsr_dsp_planar_unpadded : tsr_dsp_planar_padded);
    tsr_depthwise_planar_run(layer, rows, out, segment->out_width, 1 - left, left + (pairs & ~3) * 2, rest,
                             tsr_dsp_planar_3x3_stride2);
  } else if (rows[1] != NULL && left == 0 && segment->in_width == 6 && segment->out_width == 3) {
    tsr_depthwise_planar_three(layer, rows, out, tsr_dsp_planar_3x3_stride2_three);
  } else {
    tsr_depthwise_planar_any(layer, rows, out, segment, 2);
  }
#else
  tsr_depthwise_planar_any(layer, rows, out, segment, 2);
#endif
  if (p->min > -128 || p->max < 127) tsr_depthwise_planar_clamp(p, out, segment->out_width);
}
