#include "tsr_minmax.h"

void tsr_minmax_s8s8__portable(const tsr_minmax *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                               void *scratch) {
  (void)scratch;
  for (int32_t x = 0; x < segment->out_width; ++x) {
    const int8_t *a = rows[0] + x * p->a_pixel;
    const int8_t *b = rows[1] + x * p->b_pixel;
    int8_t *to = out + x * p->out_pixel;
    for (int32_t c = 0; c < p->channels; ++c) {
      const int32_t left = a[c * p->a_channel] * p->a_multiplier + p->a_offset;
      const int32_t right = b[c * p->b_channel] * p->b_multiplier + p->b_offset;
      const int32_t y = ((left > right) == (p->larger != 0) ? left : right) >> p->shift;
      to[c] = (int8_t)(y < -128 ? -128 : y > 127 ? 127 : y);
    }
  }
}
