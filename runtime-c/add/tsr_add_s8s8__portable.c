#include "tsr_add.h"

void tsr_add_s8s8__portable(const tsr_add *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                            void *scratch) {
  (void)scratch;
  for (int32_t x = 0; x < segment->out_width; ++x) {
    const int8_t *a = rows[0] + x * p->a_pixel;
    const int8_t *b = rows[1] + x * p->b_pixel;
    int8_t *to = out + x * p->out_pixel;
    for (int32_t c = 0; c < p->channels; ++c) {
      const int32_t left = a[c * p->a_channel] * p->a_multiplier;
      const int32_t right = b[c * p->b_channel] * p->b_multiplier;
      const int32_t y = (left + right + p->offset) >> p->shift;
      to[c] = (int8_t)(y < p->min ? p->min : y > p->max ? p->max : y);
    }
  }
}
