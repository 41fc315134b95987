/* Means with Helium: tsr_mean.h says what is computed. */
#ifndef TSR_MEAN_MVE_H
#define TSR_MEAN_MVE_H

#include "tsr_mean.h"
#include "tsr_mve.h"

void tsr_mean_s8__mve(const tsr_mean *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment, void *scratch);

#endif
