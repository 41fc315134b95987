/* Look-ups on Arm DSP: rows, output, parameters and formula as in tsr_lookup.h. */
#ifndef TSR_LOOKUP_DSP_H
#define TSR_LOOKUP_DSP_H

#include "tsr_lookup.h"

void tsr_lookup_s8__dsp(const tsr_lookup *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment, void *scratch);

#endif
