#include "tsr_lookup.h"

void tsr_lookup_s8__portable(const tsr_lookup *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                             void *scratch) {
  (void)scratch;
  for (int32_t x = 0; x < segment->out_width; ++x) {
    const int8_t *from = rows[0] + x * p->in_pixel;
    int8_t *to = out + x * p->out_pixel;
    for (int32_t c = 0; c < p->channels; ++c) to[c] = p->table[from[c] + 128];
  }
}
