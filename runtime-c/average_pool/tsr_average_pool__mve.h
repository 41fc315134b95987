/* Means under a window with Helium, of at most 255 taps and at least 8 channels: tsr_average_pool.h says what is computed. */
#ifndef TSR_AVERAGE_POOL_MVE_H
#define TSR_AVERAGE_POOL_MVE_H

#include "tsr_average_pool.h"
#include "tsr_mve.h"

void tsr_average_pool_s8__mve(const tsr_average_pool *p, const int8_t *const *rows, int8_t *out,
                              const tsr_segment *segment, void *scratch);

#endif
