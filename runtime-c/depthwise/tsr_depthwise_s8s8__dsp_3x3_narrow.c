/*
 * tsr_depthwise_s8s8__dsp_3x3 with the code for narrow segments alone: as fast where all calls compute at most
 * tsr_depthwise_3x3_narrow pixels, and slower elsewhere, but small. The same parameters and weights; no scratch.
 */
#include "tsr_depthwise__dsp_pixel.h"

void tsr_depthwise_s8s8__dsp_3x3_narrow(const tsr_depthwise_packed_dsp *layer, const int8_t *const *rows, int8_t *out,
                                        const tsr_segment *segment, void *scratch) {
  (void)scratch;
  tsr_depthwise_narrow(layer, rows, out, segment, 1);
}
