/*
 * Means for WebAssembly SIMD, 8 channels at a time: tsr_mean with at least 8 channels.
 */
#ifndef TSR_MEAN_SIMD128_H
#define TSR_MEAN_SIMD128_H

#include "tsr_mean.h"
#include "tsr_simd128.h"

void tsr_mean_s8__simd128(const tsr_mean *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                            void *scratch);

#endif
