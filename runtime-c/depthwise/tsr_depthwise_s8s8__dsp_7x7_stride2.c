/*
 * Depthwise 7 x 7, stride 2, on Arm DSP.
 *
 * Instructions a multiply-accumulate, requantisation included, counted in QEMU (Cortex-M4, gcc -O2): 2.3 in rows of 10,
 * 2.6 in rows of 5; the general kernel for Arm DSP takes 3.5 and 2.9 there, the portable one 10.
 */
#include "tsr_depthwise__dsp_strip.h"

static inline void depthwise_dsp_weights7(const int32_t *packed, int32_t last, int32_t pass, uint32_t *weights) {
  const uint32_t first = (uint32_t)packed[pass < 3 ? 3 * pass : 11];
  const uint32_t rest = (uint32_t)packed[pass < 2 ? 9 : 10];
  weights[0] = tsr_dsp_sxtb16(first);
  weights[1] = tsr_dsp_sxtb16_odd(first);
  if (pass < 3) {
    const uint32_t second = (uint32_t)packed[3 * pass + 1];
    const uint32_t third = (uint32_t)packed[3 * pass + 2];
    weights[2] = tsr_dsp_sxtb16(second);
    weights[3] = tsr_dsp_sxtb16_odd(second);
    weights[4] = tsr_dsp_sxtb16(third);
    weights[5] = tsr_dsp_sxtb16_odd(third);
    weights[6] = pass == 1 ? tsr_dsp_sxtb16_odd(rest) : tsr_dsp_sxtb16(rest);
  } else {
    weights[2] = weights[0] >> 16;
    weights[3] = weights[1] >> 16;
    weights[4] = tsr_dsp_sxtb16_odd(rest);
    weights[5] = weights[4] >> 16;
    weights[6] = (uint32_t)last & 0xffffu;
  }
}

void tsr_depthwise_s8s8__dsp_7x7_stride2(const tsr_depthwise_packed_dsp *layer, const int8_t *const *rows, int8_t *out,
                                         const tsr_segment *segment, void *scratch) {
  const tsr_depthwise_strip shape = {.kernel = 7,
                                     .stride = 2,
                                     .outputs = tsr_depthwise_7x7_outputs,
                                     .pitch = tsr_depthwise_7x7_pitch};
  tsr_depthwise_strip_segment(layer, shape, rows, out, segment, scratch, depthwise_dsp_weights7, tsr_dsp_five_7x7_stride2);
}
