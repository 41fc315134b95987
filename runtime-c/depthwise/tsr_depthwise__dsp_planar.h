/*
 * Depthwise 3 x 3 convolutions on Arm DSP whose input rows are channel-planar: [channels][in_width]. Parameters and
 * weights as tsr_depthwise__dsp.h says; in_pixel is not used. Outputs are pixel-interleaved. No scratch.
 */
#ifndef TSR_DEPTHWISE_DSP_PLANAR_H
#define TSR_DEPTHWISE_DSP_PLANAR_H

#include "tsr_depthwise__dsp.h"
#include "tsr_dsp_planar.h"
#include "tsr_dsp_planar_narrow.h"

/* The sum of a channel's products for the output whose first tap is column `first`; `w` are its taps, row by row. */
static inline int32_t tsr_depthwise_planar_sum(const int8_t *const *rows, ptrdiff_t plane, const tsr_segment *segment,
                                               int32_t first, const int8_t *w, int32_t padding) {
  int32_t sum = 0;
  for (int32_t row = 0; row < 3; ++row) {
    for (int32_t i = first; i < first + 3; ++i, ++w) {
      const int32_t outside = rows[row] == NULL || i < 0 || i >= segment->in_width;
      sum += *w * (outside ? padding : rows[row][plane + i]);
    }
  }
  return sum;
}

/* Any row, by C alone: for narrow maps and whatever has another padding than most maps. */
TSR_DSP_SELDOM void tsr_depthwise_planar_any(const tsr_depthwise_packed_dsp *layer, const int8_t *const *rows,
                                             int8_t *out, const tsr_segment *segment, int32_t stride) {
  /* Where byte i of a channel's two words of weights belongs. */
  static const uint8_t order[8] = {0, 2, 3, 5, 1, 6, 4, 7};
  const tsr_depthwise_packed_dsp_shape *p = layer->shape;
  const int32_t *weights = layer->weights;
  uint32_t ninths = 0;
  for (int32_t c = 0; c < p->channels; ++c, weights += 4) {
    int8_t w[9];
    if ((c & 3) == 0) ninths = (uint32_t)*weights++;
    for (int32_t i = 0; i < 8; ++i) w[order[i]] = (int8_t)((uint32_t)weights[1 + i / 4] >> (i % 4 * 8));
    w[8] = (int8_t)(ninths >> (c % 4 * 8));
    for (int32_t x = 0; x < segment->out_width; ++x) {
      const int32_t sum = tsr_depthwise_planar_sum(rows, (ptrdiff_t)c * segment->in_width, segment,
                                                   x * stride - segment->pad_left, w, p->input_zero_point);
      const int32_t acc = (int32_t)((uint32_t)weights[0] + (uint32_t)sum);
      out[x * p->out_pixel + c] = (int8_t)tsr_dsp_half8(tsr_dsp_smmla(acc, weights[3], p->offset));
    }
  }
}

/* Limits a row's outputs to those between min and max. */
TSR_DSP_SELDOM void tsr_depthwise_planar_clamp(const tsr_depthwise_packed_dsp_shape *p, int8_t *out, int32_t pixels) {
  for (; pixels > 0; --pixels, out += p->out_pixel) tsr_dsp_clamp(out, p->channels, p->min, p->max);
}

#if defined(__ARM_FEATURE_DSP) && defined(__thumb__)

/*
 * Bounds of the stack are read from call graphs, which do not see that the loops lower the stack pointer in assembly: by up
 * to 112 bytes, and 32 are their functions'. So what calls them calls this as well, as far as can be seen: it never does.
 */
TSR_DSP_SELDOM void tsr_depthwise_planar_stack(void) {
  uint32_t words[36];
  __asm__ volatile("" : : "r"(words) : "memory");
}

/* The loops over channels: of isa/tsr_dsp_planar.h. */
typedef void tsr_depthwise_planar_loop(const tsr_dsp_planar *context);

/*
 * Computes a row, not all of whose input rows are missing, by such a loop: words up to column `span`, `rest` behind.
 * `ahead`: whether the loop begins with the output before the first. A missing row is any other with weights of 0. Called
 * once a row: its code is made small.
 */
TSR_DSP_SELDOM void tsr_depthwise_planar_run(const tsr_depthwise_packed_dsp *layer, const int8_t *const *rows,
                                             int8_t *out, int32_t outputs, int32_t ahead, int32_t span, int32_t rest,
                                             tsr_depthwise_planar_loop *loop) {
  const tsr_depthwise_packed_dsp_shape *p = layer->shape;
  const int32_t step = p->out_pixel;
  const uint32_t padding = (uint16_t)p->input_zero_point * 0x10001u;
  const int8_t *const there = rows[0] != NULL ? rows[0] : rows[1] != NULL ? rows[1] : rows[2];
  const uint32_t there_ab = (rows[0] != NULL ? 0xffffu : 0) | (rows[1] != NULL ? 0xffff0000u : 0);
  const uint32_t there_c = rows[2] != NULL ? 0xffffffffu : 0;
  const int32_t words = span >> 2;
  tsr_dsp_planar context;
  for (int32_t i = 0; i < 3; ++i) context.rows[i] = rows[i] != NULL ? rows[i] : there;
  context.padding = padding;
  context.rest = rest;
  context.more = words == 1 ? tsr_dsp_planar_none : words % 2 == 0 ? tsr_dsp_planar_odd : tsr_dsp_planar_even;
  context.offset = p->offset;
  context.out = (intptr_t)out - ahead * step;
  context.step = step;
  context.weights = layer->weights;
  context.weights_end = layer->weights + p->channels / 4 * 17;
  context.span = span;
  context.next_out = 1 - (outputs - 1 + ahead) * step;
  context.missing = (there_ab & there_c) != 0xffffffffu;
  context.there_c = there_c;
  context.missing_ab = padding & ~there_ab;
  context.there_ab = there_ab;
  context.missing_c = padding & ~there_c;
  if (p->channels == 0) tsr_depthwise_planar_stack();
  loop(&context);
}

/* The loops over channels for three outputs: of isa/tsr_dsp_planar_narrow.h. */
typedef void tsr_depthwise_planar_narrow(const tsr_dsp_planar_three *context);

/* Computes a row of three outputs, whose row b at least is there, by such a loop. */
TSR_DSP_SELDOM void tsr_depthwise_planar_three(const tsr_depthwise_packed_dsp *layer, const int8_t *const *rows,
                                               int8_t *out, tsr_depthwise_planar_narrow *loop) {
  const tsr_depthwise_packed_dsp_shape *p = layer->shape;
  uint32_t padding[6];
  tsr_dsp_planar_three context;
  for (int32_t i = 0; i < 6; ++i) padding[i] = tsr_dsp_four(p->input_zero_point);
  for (int32_t i = 0; i < 3; ++i) context.rows[i] = rows[i] != NULL ? rows[i] : (const int8_t *)padding;
  context.offset = p->offset;
  context.step = p->out_pixel;
  context.padding = (uint16_t)p->input_zero_point * 0x10001u;
  context.missing = (rows[0] == NULL ? 1 : 0) | (rows[2] == NULL ? 2 : 0);
  context.weights_end = layer->weights + p->channels / 4 * 17;
  context.weights = layer->weights;
  context.out = out;
  if (p->channels == 0) tsr_depthwise_planar_stack();
  loop(&context);
}

#endif

#endif
