/*
 * Multiplication on Arm DSP, four bytes at a time; operands may broadcast along the row, not along the channels.
 *
 * Instructions an output, counted in QEMU (Cortex-M4, gcc -O2): 8.8; the portable kernel takes 31.
 */
#include "tsr_dsp.h"
#include "tsr_mul__dsp.h"

TSR_DSP_INLINE int8_t mul_dsp_output(const tsr_mul *p, int32_t product) {
  const int32_t high = tsr_dsp_smmla(product * p->pre_scale, p->multiplier, p->offset);
  return (int8_t)tsr_dsp_ssat8(high >> p->shift);
}

static void mul_dsp_products(const tsr_mul *parameters, const int8_t *a, const int8_t *b, int8_t *out, int32_t count) {
  const tsr_mul p = *parameters;
  const uint32_t a_base = (uint32_t)(-p.a_zero_point & 0xffff) * 0x10001u;
  const uint32_t b_base = (uint32_t)(-p.b_zero_point & 0xffff) * 0x10001u;
  for (; count >= 4; count -= 4, a += 4, b += 4, out += 4) {
    const uint32_t left = tsr_dsp_load(a);
    const uint32_t right = tsr_dsp_load(b);
    const uint32_t left_even = tsr_dsp_sxtab16(a_base, left);
    const uint32_t left_odd = tsr_dsp_sxtab16_odd(a_base, left);
    const uint32_t right_even = tsr_dsp_sxtab16(b_base, right);
    const uint32_t right_odd = tsr_dsp_sxtab16_odd(b_base, right);
    out[0] = mul_dsp_output(&p, (int16_t)left_even * (int16_t)right_even);
    out[1] = mul_dsp_output(&p, (int16_t)left_odd * (int16_t)right_odd);
    out[2] = mul_dsp_output(&p, (int16_t)(left_even >> 16) * (int16_t)(right_even >> 16));
    out[3] = mul_dsp_output(&p, (int16_t)(left_odd >> 16) * (int16_t)(right_odd >> 16));
  }
  for (; count > 0; --count) *out++ = mul_dsp_output(&p, (*a++ - p.a_zero_point) * (*b++ - p.b_zero_point));
}

void tsr_mul_s8s8__dsp(const tsr_mul *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                       void *scratch) {
  (void)scratch;
  const int32_t dense = p->a_pixel == p->channels && p->b_pixel == p->channels && p->out_pixel == p->channels;
  const int32_t pixels = dense ? 1 : segment->out_width;
  const int32_t count = dense ? segment->out_width * p->channels : p->channels;
  for (int32_t x = 0; x < pixels; ++x) {
    int8_t *to = out + x * p->out_pixel;
    mul_dsp_products(p, rows[0] + x * p->a_pixel, rows[1] + x * p->b_pixel, to, count);
    if (p->min != -128 || p->max != 127) tsr_dsp_clamp(to, count, p->min, p->max);
  }
}
