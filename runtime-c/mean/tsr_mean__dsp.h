/* Means on Arm DSP: rows, output, parameters and formula as in tsr_mean.h; channels is a multiple of 4. */
#ifndef TSR_MEAN_DSP_H
#define TSR_MEAN_DSP_H

#include "tsr_mean.h"

void tsr_mean_s8__dsp(const tsr_mean *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment, void *scratch);

#endif
