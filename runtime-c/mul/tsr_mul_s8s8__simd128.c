#include "tsr_mul__simd128.h"

/* An operand's channels lie side by side, or one value serves a whole pixel. */
TSR_SIMD_INLINE v128_t mul_simd_load(const int8_t *from, int32_t step, int32_t c, v128_t zero_point) {
  const v128_t lanes = step == 0 ? wasm_i16x8_splat(from[0]) : wasm_i16x8_load8x8(from + c);
  return wasm_i16x8_sub(lanes, zero_point);
}

TSR_SIMD_INLINE v128_t mul_simd_eight(v128_t a, v128_t b, v128_t multiplier,
                                      const tsr_simd_range *range) {
  const v128_t low = wasm_i32x4_mul(wasm_i32x4_extend_low_i16x8(a), wasm_i32x4_extend_low_i16x8(b));
  const v128_t high = wasm_i32x4_mul(wasm_i32x4_extend_high_i16x8(a), wasm_i32x4_extend_high_i16x8(b));
  const v128_t first = tsr_simd_scale(low, multiplier, range);
  const v128_t second = tsr_simd_scale(high, multiplier, range);
  return tsr_simd_clamp(first, second, first, second, range);
}

void tsr_mul_s8s8__simd128(const tsr_mul *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                           void *scratch) {
  (void)scratch;
  const tsr_simd_range range = tsr_simd_range_of(p->pre_scale, p->offset, p->shift, p->min, p->max);
  const v128_t multiplier = wasm_i32x4_splat(p->multiplier);
  const v128_t a_zero = wasm_i16x8_splat((int16_t)p->a_zero_point);
  const v128_t b_zero = wasm_i16x8_splat((int16_t)p->b_zero_point);
  const int32_t last = p->channels - 8;
  for (int32_t x = 0; x < segment->out_width; ++x) {
    const int8_t *a = rows[0] + x * p->a_pixel;
    const int8_t *b = rows[1] + x * p->b_pixel;
    int8_t *to = out + x * p->out_pixel;
    /* The last vector is loaded first: the output may be an operand. */
    const v128_t a_end = mul_simd_load(a, p->a_channel, last, a_zero);
    const v128_t b_end = mul_simd_load(b, p->b_channel, last, b_zero);
    for (int32_t c = 0; c < last; c += 8) {
      const v128_t left = mul_simd_load(a, p->a_channel, c, a_zero);
      const v128_t right = mul_simd_load(b, p->b_channel, c, b_zero);
      wasm_v128_store64_lane(to + c, mul_simd_eight(left, right, multiplier, &range), 0);
    }
    wasm_v128_store64_lane(to + last, mul_simd_eight(a_end, b_end, multiplier, &range), 0);
  }
}
