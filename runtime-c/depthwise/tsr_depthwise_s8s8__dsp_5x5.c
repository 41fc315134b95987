/*
 * Depthwise 5 x 5, stride 1, on Arm DSP.
 *
 * Instructions a multiply-accumulate, requantisation included, counted in QEMU (Cortex-M4, gcc -O2): 2.45 in maps of
 * 10 x 10; the general kernel for Arm DSP takes 4.0 there, the portable one 11. The loop of five outputs takes 1.45; the
 * rest is putting columns in order and expanding weights, once a row.
 */
#include "tsr_depthwise__dsp_strip.h"

static inline void depthwise_dsp_weights5(const int32_t *packed, int32_t last, int32_t pass, uint32_t *weights) {
  const uint32_t first = (uint32_t)packed[pass < 2 ? 2 * pass : 5];
  weights[0] = tsr_dsp_sxtb16(first);
  weights[1] = tsr_dsp_sxtb16_odd(first);
  if (pass < 2) {
    const uint32_t second = (uint32_t)packed[2 * pass + 1];
    const uint32_t fifths = (uint32_t)packed[4];
    weights[2] = tsr_dsp_sxtb16(second);
    weights[3] = tsr_dsp_sxtb16_odd(second);
    weights[4] = pass == 0 ? tsr_dsp_sxtb16(fifths) : tsr_dsp_sxtb16_odd(fifths);
  } else {
    weights[2] = weights[0] >> 16;
    weights[3] = weights[1] >> 16;
    weights[4] = (uint32_t)last & 0xffffu;
  }
}

void tsr_depthwise_s8s8__dsp_5x5(const tsr_depthwise_packed_dsp *layer, const int8_t *const *rows, int8_t *out,
                                 const tsr_segment *segment, void *scratch) {
  const tsr_depthwise_strip shape = {
      .kernel = 5, .stride = 1, .outputs = tsr_depthwise_5x5_outputs, .pitch = tsr_depthwise_5x5_pitch};
  tsr_depthwise_strip_segment(layer, shape, rows, out, segment, scratch, depthwise_dsp_weights5, tsr_dsp_five_5x5);
}
