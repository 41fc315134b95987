/*
 * tsr_conv_s8s8__dsp_fine without scratch, for layers of channels in fours: where memory binds. The same parameters and
 * weights.
 */
#define CONV_DSP_SHIFT 10

#include "tsr_conv__dsp_lean.h"

void tsr_conv_s8s8__dsp_fine_lean(const tsr_conv_dsp *layer, const int8_t *const *rows, int8_t *out,
                                  const tsr_segment *segment, void *scratch) {
  (void)scratch;
  conv_dsp_lean(layer, rows, out, segment);
}

#undef conv_dsp_lean
#undef CONV_DSP_LEAN_JOINED
#undef CONV_DSP_LEAN_NAMED
#undef CONV_DSP_SHIFT
