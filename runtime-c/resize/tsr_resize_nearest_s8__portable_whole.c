#include "tsr_resize.h"

void tsr_resize_nearest_s8__portable_whole(const tsr_resize_nearest_whole *p, const int8_t *const *rows, int8_t *out,
                                           const tsr_segment *segment, void *scratch) {
  (void)segment;
  (void)scratch;
  for (int32_t n = 0; n < p->batch; ++n) {
    for (int32_t y = 0; y < p->out_rows; ++y) {
      const int8_t *row = rows[0] + (n * p->in_rows + p->rows[y]) * p->in_width * p->in_pixel;
      for (int32_t x = 0; x < p->out_width; ++x) {
        const int8_t *from = row + p->columns[x] * p->in_pixel;
        for (int32_t c = 0; c < p->channels; ++c) out[c] = p->table == NULL ? from[c] : p->table[from[c] + 128];
        out += p->out_pixel;
      }
    }
  }
}
