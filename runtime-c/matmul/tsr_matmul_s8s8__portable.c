#include "tsr_matmul.h"

static inline int32_t matmul_dot(const tsr_matmul *p, const int8_t *a, const int8_t *b) {
  int32_t acc = 0;
  for (int32_t k = 0; k < p->inner; ++k) {
    acc += (a[k * p->a_inner] - p->a_zero_point) * (b[k * p->b_inner] - p->b_zero_point);
  }
  return acc;
}

void tsr_matmul_s8s8__portable(const tsr_matmul *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                               void *scratch) {
  (void)scratch;
  const int32_t height = segment->out_width / p->matrices;
  for (int32_t m = 0; m < p->matrices; ++m) {
    for (int32_t i = 0; i < height; ++i) {
      const int8_t *a = rows[0] + segment->column * p->a_column + m * p->a_matrix + i * p->a_pixel;
      for (int32_t j = 0; j < p->columns; ++j) {
        const int32_t acc = matmul_dot(p, a, rows[1] + m * p->b_matrix + j * p->b_column);
        out[j] = tsr_requantize(acc * p->pre_scale, p->multiplier, p->offset, p->shift, p->min, p->max);
      }
      out += p->out_pixel;
    }
  }
}
