/*
 * Products of matrices of activations with Helium: tsr_matmul.h says what is computed. No pre-scale; columns of b lie side
 * by side, or else a and b are both read along k.
 */
#ifndef TSR_MATMUL_MVE_H
#define TSR_MATMUL_MVE_H

#include "tsr_matmul.h"
#include "tsr_mve.h"

void tsr_matmul_s8s8__mve(const tsr_matmul *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                          void *scratch);

#endif
