/*
 * tsr_conv_s8s8__dsp_fine with the code for one pixel at a time alone: as fast where all calls are of one pixel, as in streams that
 * compute column by column, and slower elsewhere, but small. The same parameters and weights.
 */
#define CONV_DSP_SHIFT 10
#define CONV_DSP_ONE_PIXEL

#include "tsr_conv__dsp_sums.h"

void tsr_conv_s8s8__dsp_fine_one(const tsr_conv_dsp *layer, const int8_t *const *rows, int8_t *out,
                                 const tsr_segment *segment, void *scratch) {
  conv_dsp(layer, rows, out, segment, scratch);
}

#undef conv_dsp
#undef CONV_DSP_JOINED
#undef CONV_DSP_NAMED
#undef CONV_DSP_ONE_PIXEL
#undef CONV_DSP_SHIFT
