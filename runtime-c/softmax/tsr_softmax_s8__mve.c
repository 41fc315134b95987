#include "tsr_softmax__mve.h"

/*
 * 131 instructions a row of 10 or 12 channels, 1396 of 256 (Cortex-M55, QEMU), one division among them; the kernel for
 * Arm DSP, with a division an output, takes 383, 447 and 8255.
 */
void tsr_softmax_s8__mve(const tsr_softmax *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                         void *scratch) {
  (void)scratch;
  const int8_t *from = rows[0];
  for (int32_t x = segment->out_width; x > 0; --x, from += p->in_pixel, out += p->out_pixel) {
    const int32_t maximum = tsr_mve_largest(from, p->channels);
    const uint32_t sum = tsr_mve_sum_exponentials(p->exponentials, p->last, maximum, from, p->channels);
    tsr_mve_shares(out, p->exponentials, p->last, maximum, from, p->channels, p->reciprocal_scale, sum, p->zero_point);
  }
}
