/*
 * Softmax with Helium: tsr_softmax.h says what is computed. exponentials[0] is from 2^16 to 2^24, and
 * exponentials[0] * reciprocal_scale below 2^39.
 */
#ifndef TSR_SOFTMAX_MVE_H
#define TSR_SOFTMAX_MVE_H

#include "tsr_mve_shares.h"
#include "tsr_softmax.h"

void tsr_softmax_s8__mve(const tsr_softmax *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                         void *scratch);

#endif
