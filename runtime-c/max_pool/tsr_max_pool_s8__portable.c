#include "tsr_max_pool.h"

void tsr_max_pool_s8__portable(const tsr_max_pool *p, const int8_t *const *rows, int8_t *out,
                               const tsr_segment *segment, void *scratch) {
  (void)scratch;
  for (int32_t x = 0; x < segment->out_width; ++x) {
    const int32_t first = x * p->stride_w - segment->pad_left;
    int8_t *to = out + x * p->out_pixel;
    for (int32_t c = 0; c < p->channels; ++c) to[c] = -128;
    for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
      if (rows[ky] == NULL) continue;
      for (int32_t kx = 0; kx < p->kernel_w; ++kx) {
        const int32_t column = first + kx * p->dilation_w;
        if (column < 0 || column >= segment->in_width) continue;
        const int8_t *from = rows[ky] + column * p->in_pixel;
        for (int32_t c = 0; c < p->channels; ++c) to[c] = from[c] > to[c] ? from[c] : to[c];
      }
    }
    if (p->table == NULL) continue;
    for (int32_t c = 0; c < p->channels; ++c) to[c] = p->table[to[c] + 128];
  }
}
