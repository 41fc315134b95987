#include "tsr_reduce.h"

static int8_t extreme_from(const tsr_reduce_extreme *p, const int8_t *from) {
  const int32_t *size = p->reduced_sizes;
  const int32_t *stride = p->reduced_strides;
  int8_t best = from[0];
  for (int32_t i = 0; i < size[0]; ++i) {
    for (int32_t j = 0; j < size[1]; ++j) {
      const int8_t *run = from + i * stride[0] + j * stride[1];
      for (int32_t k = 0; k < size[2]; ++k) {
        const int8_t q = run[k * stride[2]];
        if (p->sign * q > p->sign * best) best = q;
      }
    }
  }
  return best;
}

void tsr_reduce_extreme_s8__portable(const tsr_reduce_extreme *p, const int8_t *const *rows, int8_t *out,
                                     const tsr_segment *segment, void *scratch) {
  (void)segment;
  (void)scratch;
  const int32_t *size = p->kept_sizes;
  const int32_t *stride = p->kept_strides;
  for (int32_t i = 0; i < size[0]; ++i) {
    for (int32_t j = 0; j < size[1]; ++j) {
      for (int32_t k = 0; k < size[2]; ++k) {
        const int8_t best = extreme_from(p, rows[0] + i * stride[0] + j * stride[1] + k * stride[2]);
        *out++ = p->table == NULL ? best : p->table[best + 128];
      }
    }
  }
}
