#include "tsr_extreme.h"

void tsr_extreme_s8__portable(const tsr_extreme *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                              void *scratch) {
  const int32_t row = segment->row % p->rows;
  for (int32_t x = 0; x < segment->out_width; ++x) {
    int8_t *best = (int8_t *)scratch + x * p->channels;
    const int8_t *from = rows[0] + x * p->pixels * p->in_pixel;
    if (row == 0) {
      for (int32_t c = 0; c < p->channels; ++c) best[c] = from[c];
    }
    for (int32_t i = 0; i < p->pixels; ++i) {
      for (int32_t c = 0; c < p->channels; ++c) {
        const int8_t q = from[i * p->in_pixel + c];
        if (p->sign * q > p->sign * best[c]) best[c] = q;
      }
    }
    if (row == p->rows - 1) {
      int8_t *to = out + x * p->out_pixel;
      for (int32_t c = 0; c < p->channels; ++c) to[c] = p->table == NULL ? best[c] : p->table[best[c] + 128];
    }
  }
}
