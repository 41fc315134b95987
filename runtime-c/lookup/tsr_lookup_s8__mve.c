#include "tsr_lookup__mve.h"

/* 0.6 instructions an output (Cortex-M55, QEMU), a gather of 16 bytes among them; the portable kernel 9. */
void tsr_lookup_s8__mve(const tsr_lookup *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                        void *scratch) {
  (void)scratch;
  const int32_t joined = p->in_pixel == p->channels && p->out_pixel == p->channels;
  const int32_t pixels = joined ? 1 : segment->out_width;
  const int32_t count = joined ? segment->out_width * p->channels : p->channels;
  for (int32_t x = 0; x < pixels; ++x) {
    const int8_t *from = rows[0] + x * p->in_pixel;
    int8_t *to = out + x * p->out_pixel;
    for (int32_t i = count / 16; i > 0; --i, from += 16, to += 16) {
      tsr_mve_store_s8(to, tsr_mve_lookup(p->table, tsr_mve_load_s8(from)));
    }
    if (count % 16 > 0) {
      const tsr_mve_s8 y = tsr_mve_lookup(p->table, tsr_mve_load_part_s8(from, count % 16));
      tsr_mve_store_part_s8(to, y, count % 16);
    }
  }
}
