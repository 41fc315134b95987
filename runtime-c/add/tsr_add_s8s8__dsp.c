/*
 * Addition on Arm DSP, four bytes at a time.
 *
 * Instructions an output, counted in QEMU (Cortex-M4, gcc -O2): 9.0; the portable kernel takes 28.
 */
#include "tsr_add__dsp.h"
#include "tsr_dsp.h"

/* The output of a pair: a byte of each operand. */
TSR_DSP_INLINE int8_t add_dsp_sum(const tsr_add_dsp *p, uint32_t pair) {
  const int32_t low = tsr_dsp_smlad(pair, (uint32_t)p->low, p->offset);
  const int32_t high = tsr_dsp_smuad(pair, (uint32_t)p->high);
  return (int8_t)tsr_dsp_ssat8((int32_t)((uint32_t)low + ((uint32_t)high << 15)) >> p->shift);
}

static void add_dsp_sums(const tsr_add_dsp *parameters, const int8_t *a, const int8_t *b, int8_t *out, int32_t count) {
  const tsr_add_dsp p = *parameters;
  for (; count >= 4; count -= 4, a += 4, b += 4, out += 4) {
    const uint32_t left = tsr_dsp_load(a);
    const uint32_t right = tsr_dsp_load(b);
    const uint32_t first = tsr_dsp_pack(left, right);
    const uint32_t second = tsr_dsp_pack_high(left, right);
    out[0] = add_dsp_sum(&p, tsr_dsp_sxtb16(first));
    out[1] = add_dsp_sum(&p, tsr_dsp_sxtb16_odd(first));
    out[2] = add_dsp_sum(&p, tsr_dsp_sxtb16(second));
    out[3] = add_dsp_sum(&p, tsr_dsp_sxtb16_odd(second));
  }
  for (; count > 0; --count) *out++ = add_dsp_sum(&p, tsr_dsp_sxtb16((uint8_t)*a++ | (uint32_t)(uint8_t)*b++ << 16));
}

void tsr_add_s8s8__dsp(const tsr_add_dsp *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                       void *scratch) {
  (void)scratch;
  const int32_t dense = p->a_pixel == p->channels && p->b_pixel == p->channels && p->out_pixel == p->channels;
  const int32_t pixels = dense ? 1 : segment->out_width;
  const int32_t count = dense ? segment->out_width * p->channels : p->channels;
  for (int32_t x = 0; x < pixels; ++x) {
    int8_t *to = out + x * p->out_pixel;
    add_dsp_sums(p, rows[0] + x * p->a_pixel, rows[1] + x * p->b_pixel, to, count);
    if (p->min != -128 || p->max != 127) tsr_dsp_clamp(to, count, p->min, p->max);
  }
}
