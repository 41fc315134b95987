#include "tsr_depthwise__simd128.h"

void tsr_depthwise_s8s8__simd128_5x5(const tsr_depthwise_simd128 *p, const int8_t *const *rows, int8_t *out,
                                     const tsr_segment *segment, void *scratch) {
  (void)scratch;
  tsr_depthwise_simd_row(p, rows, out, segment, 5, 1);
}
