/* Products with Helium: tsr_mul.h says what is computed. */
#ifndef TSR_MUL_MVE_H
#define TSR_MUL_MVE_H

#include "tsr_mul.h"
#include "tsr_mve.h"

void tsr_mul_s8s8__mve(const tsr_mul *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment, void *scratch);

#endif
