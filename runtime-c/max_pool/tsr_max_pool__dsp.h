/* The largest value under a window on Arm DSP: rows, output, parameters and formula as in tsr_max_pool.h. */
#ifndef TSR_MAX_POOL_DSP_H
#define TSR_MAX_POOL_DSP_H

#include "tsr_max_pool.h"

void tsr_max_pool_s8__dsp(const tsr_max_pool *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment, void *scratch);

#endif
