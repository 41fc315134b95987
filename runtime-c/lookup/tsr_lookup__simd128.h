/*
 * Look-ups for WebAssembly SIMD, 32 bytes at a time: 16 swizzles for each half of them, which share the pieces of the table.
 * Measured in V8 on an x86 machine: 0.33 ns a byte; the portable kernel 0.42 where the compiler puts it in line with its
 * parameters, 0.7 to 1.8 where it does not, since several layers call it.
 */
#ifndef TSR_LOOKUP_SIMD128_H
#define TSR_LOOKUP_SIMD128_H

#include "tsr_lookup.h"
#include "tsr_simd128.h"

void tsr_lookup_s8__simd128(const tsr_lookup *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                            void *scratch);

#endif
