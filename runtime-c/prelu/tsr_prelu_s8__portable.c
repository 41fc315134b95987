#include "tsr_prelu.h"

void tsr_prelu_s8__portable(const tsr_prelu *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                            void *scratch) {
  (void)scratch;
  for (int32_t x = 0; x < segment->out_width; ++x) {
    const int8_t *from = rows[0] + x * p->in_pixel;
    int8_t *to = out + x * p->out_pixel;
    for (int32_t c = 0; c < p->channels; ++c) {
      int32_t acc = (from[c] - p->input_zero_point) * p->pre_scale;
      int32_t multiplier = p->positive;
      if (acc < 0) {
        multiplier = p->slopes[c];
        if (multiplier < 0) {
          multiplier = -multiplier;
          acc = -acc;
        }
      }
      to[c] = tsr_requantize(acc, multiplier, p->offset, p->shift, p->min, p->max);
    }
  }
}
