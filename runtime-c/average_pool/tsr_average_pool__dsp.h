/* The mean under a window on Arm DSP: rows, output, parameters and formula as in tsr_average_pool.h; at most 256 taps. */
#ifndef TSR_AVERAGE_POOL_DSP_H
#define TSR_AVERAGE_POOL_DSP_H

#include "tsr_average_pool.h"

void tsr_average_pool_s8__dsp(const tsr_average_pool *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment, void *scratch);

#endif
