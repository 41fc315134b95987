#include "tsr_extreme.h"

void tsr_extreme_s8__portable(const tsr_extreme *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                              void *scratch) {
  const int32_t row = segment->row % p->rows;
  const int joined = p->columns > 1;
  const int begins = row == 0 && (!joined || segment->column == 0);
  const int ends = row == p->rows - 1 && (!joined || segment->column + segment->in_width == p->columns);
  const int32_t outputs = joined ? 1 : segment->in_width;
  const int32_t pixels = joined ? segment->in_width * p->pixels : p->pixels;
  const int32_t first = joined ? 0 : segment->column;
  for (int32_t x = 0; x < outputs; ++x) {
    int8_t *best = (int8_t *)scratch + (first + x) * p->channels;
    const int8_t *from = rows[0] + x * pixels * p->in_pixel;
    if (begins) {
      for (int32_t c = 0; c < p->channels; ++c) best[c] = from[c];
    }
    for (int32_t i = 0; i < pixels; ++i) {
      for (int32_t c = 0; c < p->channels; ++c) {
        const int8_t q = from[i * p->in_pixel + c];
        if (p->sign * q > p->sign * best[c]) best[c] = q;
      }
    }
    if (ends) {
      int8_t *to = out + (p->rows > 1 ? first + x : x) * p->out_pixel;
      for (int32_t c = 0; c < p->channels; ++c) to[c] = p->table == NULL ? best[c] : p->table[best[c] + 128];
    }
  }
}
