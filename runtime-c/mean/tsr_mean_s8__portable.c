#include "tsr_mean.h"

void tsr_mean_s8__portable(const tsr_mean *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                           void *scratch) {
  const int32_t row = segment->row % p->rows;
  for (int32_t x = 0; x < segment->out_width; ++x) {
    int32_t *acc = (int32_t *)scratch + x * p->channels;
    const int8_t *from = rows[0] + x * p->pixels * p->in_pixel;
    if (row == 0) {
      for (int32_t c = 0; c < p->channels; ++c) acc[c] = p->bias;
    }
    for (int32_t i = 0; i < p->pixels; ++i) {
      for (int32_t c = 0; c < p->channels; ++c) acc[c] += from[i * p->in_pixel + c];
    }
    if (row == p->rows - 1) {
      int8_t *to = out + x * p->out_pixel;
      for (int32_t c = 0; c < p->channels; ++c) {
        to[c] = tsr_requantize(acc[c] * p->pre_scale, p->multiplier, p->offset, p->shift, p->min, p->max);
      }
    }
  }
}
