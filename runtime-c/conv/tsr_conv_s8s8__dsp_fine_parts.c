/*
 * tsr_conv_s8s8__dsp_fine with little scratch, for layers of several taps: where memory binds. The same parameters and
 * weights.
 */
#define CONV_DSP_SHIFT 10

#include "tsr_conv__dsp_parts.h"

void tsr_conv_s8s8__dsp_fine_parts(const tsr_conv_dsp *layer, const int8_t *const *rows, int8_t *out,
                             const tsr_segment *segment, void *scratch) {
  conv_dsp_parts(layer, rows, out, segment, scratch);
}

#undef conv_dsp_parts
#undef CONV_DSP_PARTS_JOINED
#undef CONV_DSP_PARTS_NAMED
#undef CONV_DSP_SHIFT
