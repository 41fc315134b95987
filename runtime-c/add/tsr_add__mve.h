/* Sums with Helium: tsr_add.h says what is computed. */
#ifndef TSR_ADD_MVE_H
#define TSR_ADD_MVE_H

#include "tsr_add.h"
#include "tsr_mve.h"

void tsr_add_s8s8__mve(const tsr_add *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment, void *scratch);

#endif
