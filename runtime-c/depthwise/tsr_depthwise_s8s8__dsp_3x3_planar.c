/*
 * Depthwise 3 x 3, stride 1, on Arm DSP, of channel-planar rows.
 *
 * Instructions an output of 64 channels, requantisation included, Cortex-M4, gcc -O2, counted in QEMU, with a column of
 * padding on each side: rows of 48 14.2, of 24 15.1, of 12 16.7, of 8 18.4, of 7 23.3, of 6 16.2, of 5 16.8, of 4 23.3, of
 * 3 19.7. Rows that are narrower, or have other padding, are computed by C alone: 190 to 230.
 */
#include "tsr_depthwise__dsp_planar.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb__)

/* Rows of six columns, or five, of which at most the first or the last is missing. */
TSR_DSP_SELDOM void depthwise_3x3_planar_dsp_six(const tsr_depthwise_packed_dsp *layer, const int8_t *const *rows,
                                                int8_t *out, int32_t width) {
  const tsr_depthwise_packed_dsp_shape *p = layer->shape;
  tsr_dsp_planar_six context;
  for (int32_t i = 0; i < 3; ++i) context.rows[i] = rows[i];
  context.weights = layer->weights;
  context.missing = rows[0] == NULL ? -1 : rows[2] == NULL ? 1 : 0;
  context.offset = p->offset;
  context.out = out;
  context.step = p->out_pixel;
  context.padding = (uint16_t)p->input_zero_point * 0x10001u;
  context.weights_end = layer->weights + p->channels / 4 * 17;
  context.padding_four = tsr_dsp_four(p->input_zero_point);
  context.padding_last = width == 6 ? context.padding_four : context.padding;
  context.unused = 0;
  if (p->channels == 0) tsr_depthwise_planar_stack();
  if (width == 6) tsr_dsp_planar_3x3_six(&context);
  else tsr_dsp_planar_3x3_five(&context);
}

/* A row as wide as its output, of at least three columns, of whose three rows not all are missing. */
static inline void depthwise_3x3_planar_dsp_row(const tsr_depthwise_packed_dsp *layer, const int8_t *const *rows,
                                                int8_t *out, int32_t width) {
  if ((width == 6 || width == 5) && rows[1] != NULL && (rows[0] != NULL || rows[2] != NULL)) {
    depthwise_3x3_planar_dsp_six(layer, rows, out, width);
  } else if (width == 3) {
    tsr_depthwise_planar_three(layer, rows, out, tsr_dsp_planar_3x3_three);
  } else {
    tsr_depthwise_planar_run(layer, rows, out, width, 1, width & ~3, width & 3, tsr_dsp_planar_3x3);
  }
}

#endif

void tsr_depthwise_s8s8__dsp_3x3_planar(const tsr_depthwise_packed_dsp *layer, const int8_t *const *rows, int8_t *out,
                                        const tsr_segment *segment, void *scratch) {
  const tsr_depthwise_packed_dsp_shape *p = layer->shape;
  (void)scratch;
#if defined(__ARM_FEATURE_DSP) && defined(__thumb__)
  const int32_t width = segment->in_width;
  const int32_t there = rows[1] != NULL || (width > 3 && (rows[0] != NULL || rows[2] != NULL));
  if (there && width >= 3 && segment->pad_left == 1 && segment->out_width == width) {
    depthwise_3x3_planar_dsp_row(layer, rows, out, width);
  } else {
    tsr_depthwise_planar_any(layer, rows, out, segment, 1);
  }
#else
  tsr_depthwise_planar_any(layer, rows, out, segment, 1);
#endif
  if (p->min > -128 || p->max < 127) tsr_depthwise_planar_clamp(p, out, segment->out_width);
}
