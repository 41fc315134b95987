/* The smaller or larger of two operands on Arm DSP: rows, output, parameters and formula as in tsr_minmax.h; a_channel and b_channel are 1. */
#ifndef TSR_MINMAX_DSP_H
#define TSR_MINMAX_DSP_H

#include "tsr_minmax.h"

void tsr_minmax_s8s8__dsp(const tsr_minmax *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment, void *scratch);

#endif
