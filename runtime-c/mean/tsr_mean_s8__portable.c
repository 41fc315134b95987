#include "tsr_mean.h"

void tsr_mean_s8__portable(const tsr_mean *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                           void *scratch) {
  const int32_t row = segment->row % p->rows;
  const int joined = p->columns > 1;
  const int begins = row == 0 && (!joined || segment->column == 0);
  const int ends = row == p->rows - 1 && (!joined || segment->column + segment->in_width == p->columns);
  const int32_t outputs = joined ? 1 : segment->in_width;
  const int32_t pixels = joined ? segment->in_width * p->pixels : p->pixels;
  const int32_t first = joined ? 0 : segment->column;
  for (int32_t x = 0; x < outputs; ++x) {
    int32_t *acc = (int32_t *)scratch + (first + x) * p->channels;
    const int8_t *from = rows[0] + x * pixels * p->in_pixel;
    if (begins) {
      for (int32_t c = 0; c < p->channels; ++c) acc[c] = p->bias;
    }
    for (int32_t i = 0; i < pixels; ++i) {
      for (int32_t c = 0; c < p->channels; ++c) acc[c] += from[i * p->in_pixel + c];
    }
    if (ends) {
      int8_t *to = out + (p->rows > 1 ? first + x : x) * p->out_pixel;
      for (int32_t c = 0; c < p->channels; ++c) {
        to[c] = tsr_requantize(acc[c] * p->pre_scale, p->multiplier, p->offset, p->shift, p->min, p->max);
      }
    }
  }
}
