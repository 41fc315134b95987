#include "tsr_softmax.h"

void tsr_softmax_s8__portable(const tsr_softmax *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                              void *scratch) {
  (void)scratch;
  for (int32_t x = 0; x < segment->out_width; ++x) {
    const int8_t *from = rows[0] + x * p->in_pixel;
    int8_t *to = out + x * p->out_pixel;
    int32_t maximum = -128;
    int64_t sum = 0;
    for (int32_t c = 0; c < p->channels; ++c) maximum = from[c] > maximum ? from[c] : maximum;
    for (int32_t c = 0; c < p->channels; ++c) sum += tsr_softmax_exponential(p, maximum - from[c]);
    for (int32_t c = 0; c < p->channels; ++c) {
      const int64_t e = tsr_softmax_exponential(p, maximum - from[c]);
      const int64_t y = (e * p->reciprocal_scale + 128 * sum) / (256 * sum) + p->zero_point;
      to[c] = (int8_t)(y < -128 ? -128 : y > 127 ? 127 : y);
    }
  }
}
