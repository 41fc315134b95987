/*
 * The smaller or larger of two operands on Arm DSP: four bytes at a time.
 *
 * Instructions an output, counted in QEMU (Cortex-M4, gcc -O2): 16; the portable kernel takes 35.
 */
#include "tsr_dsp.h"
#include "tsr_minmax__dsp.h"

TSR_DSP_INLINE int8_t minmax_dsp_output(const tsr_minmax *p, int8_t a, int8_t b, int32_t sign) {
  const int32_t left = a * p->a_multiplier + p->a_offset;
  const int32_t right = b * p->b_multiplier + p->b_offset;
  /* ~x reverses the order: the smaller of two is the reverse of the larger of the reversed. */
  return (int8_t)tsr_dsp_ssat8((tsr_max(left ^ sign, right ^ sign) ^ sign) >> p->shift);
}

static void minmax_dsp_outputs(const tsr_minmax *parameters, const int8_t *a, const int8_t *b, int8_t *out, int32_t count) {
  const tsr_minmax p = *parameters;
  const int32_t sign = p.larger ? 0 : -1;
  for (; count >= 4; count -= 4, a += 4, b += 4, out += 4) {
    const uint32_t left = tsr_dsp_load(a);
    const uint32_t right = tsr_dsp_load(b);
    out[0] = minmax_dsp_output(&p, (int8_t)left, (int8_t)right, sign);
    out[1] = minmax_dsp_output(&p, (int8_t)(left >> 8), (int8_t)(right >> 8), sign);
    out[2] = minmax_dsp_output(&p, (int8_t)(left >> 16), (int8_t)(right >> 16), sign);
    out[3] = minmax_dsp_output(&p, (int8_t)(left >> 24), (int8_t)(right >> 24), sign);
  }
  for (; count > 0; --count) *out++ = minmax_dsp_output(&p, *a++, *b++, sign);
}

void tsr_minmax_s8s8__dsp(const tsr_minmax *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                          void *scratch) {
  (void)scratch;
  const int32_t dense = p->a_pixel == p->channels && p->b_pixel == p->channels && p->out_pixel == p->channels;
  const int32_t pixels = dense ? 1 : segment->out_width;
  const int32_t count = dense ? segment->out_width * p->channels : p->channels;
  for (int32_t x = 0; x < pixels; ++x) {
    minmax_dsp_outputs(p, rows[0] + x * p->a_pixel, rows[1] + x * p->b_pixel, out + x * p->out_pixel, count);
  }
}
