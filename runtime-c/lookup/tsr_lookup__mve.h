/* Look-ups with Helium: tsr_lookup.h says what is computed. */
#ifndef TSR_LOOKUP_MVE_H
#define TSR_LOOKUP_MVE_H

#include "tsr_lookup.h"
#include "tsr_mve.h"

void tsr_lookup_s8__mve(const tsr_lookup *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment, void *scratch);

#endif
