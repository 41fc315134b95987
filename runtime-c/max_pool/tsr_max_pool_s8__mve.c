#include "tsr_max_pool__mve.h"

/* 7 instructions an output of a 2 x 2 window on 16 channels (Cortex-M55, QEMU); the portable kernel 64. */
void tsr_max_pool_s8__mve(const tsr_max_pool *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                          void *scratch) {
  (void)scratch;
  for (int32_t x = 0; x < segment->out_width; ++x) {
    const int32_t first = x * p->stride_w - segment->pad_left;
    const int32_t before = first < 0 ? (-first + p->dilation_w - 1) / p->dilation_w : 0;
    const int32_t room = segment->in_width - 1 - first;
    const int32_t end = room < 0 ? 0 : tsr_min(p->kernel_w, room / p->dilation_w + 1);
    int8_t *to = out + x * p->out_pixel;
    for (int32_t c = 0; c < p->channels; c += 16) {
      const int32_t lanes = tsr_min(16, p->channels - c);
      tsr_mve_s8 most = tsr_mve_all_s8(-128);
      for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
        if (rows[ky] == NULL) continue;
        const int8_t *from = rows[ky] + (first + before * p->dilation_w) * p->in_pixel + c;
        for (int32_t i = end - before; i > 0; --i, from += p->dilation_w * p->in_pixel) {
          most = tsr_mve_max_s8(most, tsr_mve_load_part_s8(from, lanes));
        }
      }
      if (p->table != NULL) most = tsr_mve_lookup(p->table, most);
      tsr_mve_store_part_s8(to + c, most, lanes);
    }
  }
}
