/*
 * For layers whose shift is 10 to 18: outputs that are coarse beside what they are the sums of. As fast as
 * tsr_conv_s8s8__dsp, of which it differs by the shift alone.
 */
#define CONV_DSP_SHIFT 10

#include "tsr_conv__dsp_sums.h"

void tsr_conv_s8s8__dsp_fine(const tsr_conv_dsp *layer, const int8_t *const *rows, int8_t *out,
                             const tsr_segment *segment, void *scratch) {
  conv_dsp(layer, rows, out, segment, scratch);
}

#undef conv_dsp
#undef CONV_DSP_JOINED
#undef CONV_DSP_NAMED
#undef CONV_DSP_SHIFT
