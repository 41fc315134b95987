/*
 * Convolution in groups for layers whose shift is 10 to 18. As fast as tsr_conv_s8s8__dsp_groups, of which it differs by the
 * shift alone.
 */
#include "tsr_conv__dsp_groups.h"

void tsr_conv_s8s8__dsp_fine_groups(const tsr_conv_dsp *layer, const int8_t *const *rows, int8_t *out,
                                    const tsr_segment *segment, void *scratch) {
  conv_dsp_groups(layer, rows, out, segment, scratch, tsr_conv_s8s8__dsp_fine);
}
