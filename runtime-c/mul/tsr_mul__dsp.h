/* Multiplication on Arm DSP: rows, output, parameters and formula as in tsr_mul.h; a_channel and b_channel are 1. */
#ifndef TSR_MUL_DSP_H
#define TSR_MUL_DSP_H

#include "tsr_mul.h"

void tsr_mul_s8s8__dsp(const tsr_mul *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment, void *scratch);

#endif
