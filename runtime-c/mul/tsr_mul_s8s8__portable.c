#include "tsr_mul.h"

void tsr_mul_s8s8__portable(const tsr_mul *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                            void *scratch) {
  (void)scratch;
  for (int32_t x = 0; x < segment->out_width; ++x) {
    const int8_t *a = rows[0] + x * p->a_pixel;
    const int8_t *b = rows[1] + x * p->b_pixel;
    int8_t *to = out + x * p->out_pixel;
    for (int32_t c = 0; c < p->channels; ++c) {
      const int32_t acc = (a[c * p->a_channel] - p->a_zero_point) * (b[c * p->b_channel] - p->b_zero_point);
      to[c] = tsr_requantize(acc * p->pre_scale, p->multiplier, p->offset, p->shift, p->min, p->max);
    }
  }
}
