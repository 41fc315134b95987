/*
 * The largest value under a window, for WebAssembly SIMD: tsr_max_pool with at least 16 channels, 16 at a time.
 * Measured in V8 on an x86 machine, 3 x 3: 0.7 ns an output (the portable kernel in the compiler's own vectors: 7.2).
 */
#ifndef TSR_MAX_POOL_SIMD128_H
#define TSR_MAX_POOL_SIMD128_H

#include "tsr_max_pool.h"
#include "tsr_simd128.h"

void tsr_max_pool_s8__simd128(const tsr_max_pool *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                          void *scratch);

#endif
