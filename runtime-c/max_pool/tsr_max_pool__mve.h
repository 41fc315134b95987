/* The largest value under a window with Helium: tsr_max_pool.h says what is computed. */
#ifndef TSR_MAX_POOL_MVE_H
#define TSR_MAX_POOL_MVE_H

#include "tsr_max_pool.h"
#include "tsr_mve.h"

void tsr_max_pool_s8__mve(const tsr_max_pool *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment, void *scratch);

#endif
