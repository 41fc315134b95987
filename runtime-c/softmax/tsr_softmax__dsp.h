/* Softmax on Arm DSP: rows, output, parameters and formula as in tsr_softmax.h; exponentials[0] * (reciprocal_scale + 128 * channels) is
 * below 2^40. */
#ifndef TSR_SOFTMAX_DSP_H
#define TSR_SOFTMAX_DSP_H

#include "tsr_softmax.h"

void tsr_softmax_s8__dsp(const tsr_softmax *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment, void *scratch);

#endif
