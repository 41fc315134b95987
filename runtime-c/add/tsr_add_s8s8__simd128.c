#include "tsr_add__simd128.h"

/* Four sums. */
TSR_SIMD_INLINE v128_t add_simd_half(v128_t a, v128_t b, v128_t a_multiplier, v128_t b_multiplier,
                                     const tsr_simd_range *range) {
  const v128_t sum = wasm_i32x4_add(wasm_i32x4_mul(a, a_multiplier), wasm_i32x4_mul(b, b_multiplier));
  return wasm_i32x4_shr(wasm_i32x4_add(sum, range->offset), range->shift);
}

TSR_SIMD_INLINE v128_t add_simd_eight(const int8_t *a, const int8_t *b, v128_t a_multiplier, v128_t b_multiplier,
                                      const tsr_simd_range *range) {
  const v128_t left = wasm_i16x8_load8x8(a);
  const v128_t right = wasm_i16x8_load8x8(b);
  const v128_t low = add_simd_half(wasm_i32x4_extend_low_i16x8(left), wasm_i32x4_extend_low_i16x8(right), a_multiplier,
                                   b_multiplier, range);
  const v128_t high = add_simd_half(wasm_i32x4_extend_high_i16x8(left), wasm_i32x4_extend_high_i16x8(right),
                                    a_multiplier, b_multiplier, range);
  return tsr_simd_clamp(low, high, low, high, range);
}

void tsr_add_s8s8__simd128(const tsr_add *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                           void *scratch) {
  (void)scratch;
  const tsr_simd_range range = tsr_simd_range_of(1, p->offset, p->shift, p->min, p->max);
  const v128_t a_multiplier = wasm_i32x4_splat(p->a_multiplier);
  const v128_t b_multiplier = wasm_i32x4_splat(p->b_multiplier);
  /* Pixels without gaps are one long pixel. */
  const int32_t joined = p->a_pixel == p->channels && p->b_pixel == p->channels && p->out_pixel == p->channels;
  const int32_t pixels = joined ? 1 : segment->out_width;
  const int32_t channels = joined ? p->channels * segment->out_width : p->channels;
  /* Where channels are left over, the last vector covers some for the second time. */
  for (int32_t x = 0; x < pixels; ++x) {
    const int8_t *a = rows[0] + x * p->a_pixel;
    const int8_t *b = rows[1] + x * p->b_pixel;
    int8_t *to = out + x * p->out_pixel;
    /* The last vector is computed first: the output may be an operand. */
    const int32_t last = channels - 8;
    const v128_t end = add_simd_eight(a + last, b + last, a_multiplier, b_multiplier, &range);
    for (int32_t c = 0; c < last; c += 8) {
      wasm_v128_store64_lane(to + c, add_simd_eight(a + c, b + c, a_multiplier, b_multiplier, &range), 0);
    }
    wasm_v128_store64_lane(to + last, end, 0);
  }
}
