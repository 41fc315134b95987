#include "tsr_softmax__simd128.h"

/* The larger of each of the first bytes of a vector and of the byte behind it that is named. */
#define SOFTMAX_SIMD_FOLD(v, a, b, c, d, e, f, g, h) \
  wasm_i8x16_max(v, wasm_i8x16_shuffle(v, v, a, b, c, d, e, f, g, h, a, b, c, d, e, f, g, h))

/* The largest of `count` bytes, at least 8. */
TSR_SIMD_INLINE int32_t softmax_simd_largest(const int8_t *from, int32_t count) {
  v128_t most;
  if (count < 16) {
    most = wasm_i8x16_max(wasm_v128_load64_zero(from), wasm_v128_load64_zero(from + count - 8));
  } else {
    most = wasm_v128_load(from + count - 16);
    for (; count >= 16; count -= 16, from += 16) most = wasm_i8x16_max(most, wasm_v128_load(from));
    most = SOFTMAX_SIMD_FOLD(most, 8, 9, 10, 11, 12, 13, 14, 15);
  }
  most = SOFTMAX_SIMD_FOLD(most, 4, 5, 6, 7, 4, 5, 6, 7);
  most = SOFTMAX_SIMD_FOLD(most, 2, 3, 2, 3, 2, 3, 2, 3);
  most = SOFTMAX_SIMD_FOLD(most, 1, 1, 1, 1, 1, 1, 1, 1);
  return wasm_i8x16_extract_lane(most, 0);
}

/* The bits that a number takes. */
TSR_SIMD_INLINE int32_t softmax_simd_bits(uint32_t number) { return 32 - __builtin_clz(number); }

/* What the channels of a pixel share. */
typedef struct softmax_simd_pixel {
  v128_t low; /* of reciprocal_scale: the last 7 bits, and those before */
  v128_t high;
  v128_t zero_point;
  v128_t sum;
  v128_t inverse;
  int32_t before; /* shifts before and after the product with the inverse */
  int32_t after;
} softmax_simd_pixel;

/*
 * Outputs of four exponentials e: zero_point + floor(n / sum), where n = floor((e * reciprocal_scale / 128 + sum) / 2).
 * A product of 15 bits of n with 15 of 1 / sum gives the quotient or one less; what is left of n says which.
 */
TSR_SIMD_INLINE v128_t softmax_simd_four(const int32_t *exponentials, const softmax_simd_pixel *pixel) {
  const v128_t e = wasm_v128_load(exponentials);
  const v128_t low = wasm_u32x4_shr(wasm_i32x4_mul(e, pixel->low), 7);
  const v128_t scaled = wasm_i32x4_add(low, wasm_i32x4_mul(e, pixel->high));
  const v128_t n = wasm_u32x4_shr(wasm_i32x4_add(scaled, pixel->sum), 1);
  const v128_t product = wasm_i32x4_dot_i16x8(wasm_u32x4_shr(n, pixel->before), pixel->inverse);
  const v128_t quotient = wasm_u32x4_shr(product, pixel->after);
  const v128_t rest = wasm_i32x4_sub(n, wasm_i32x4_mul(quotient, pixel->sum));
  return wasm_i32x4_sub(wasm_i32x4_add(quotient, pixel->zero_point), wasm_i32x4_ge(rest, pixel->sum));
}

void tsr_softmax_s8__simd128(const tsr_softmax *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                             void *scratch) {
  int32_t *exponentials = scratch;
  const int32_t channels = p->channels;
  const int8_t *from = rows[0];
  const uint32_t most = (uint32_t)((uint64_t)p->exponentials[0] * (uint32_t)p->reciprocal_scale >> 7);
  softmax_simd_pixel pixel = {
      .low = wasm_i32x4_splat(p->reciprocal_scale & 127),
      .high = wasm_i32x4_splat(p->reciprocal_scale >> 7),
      .zero_point = wasm_i32x4_splat(p->zero_point),
  };
  for (int32_t x = segment->out_width; x > 0; --x, from += p->in_pixel, out += p->out_pixel) {
    const int32_t maximum = softmax_simd_largest(from, channels);
    uint32_t sum = 0;
    for (int32_t c = 0; c < channels; ++c) {
      exponentials[c] = tsr_softmax_exponential(p, maximum - from[c]);
      sum += (uint32_t)exponentials[c];
    }
    const int32_t bits = softmax_simd_bits(sum);
    pixel.sum = wasm_i32x4_splat((int32_t)sum);
    pixel.inverse = wasm_i32x4_splat((int32_t)(((uint64_t)1 << (bits + 13)) / sum));
    pixel.before = softmax_simd_bits((most + sum) >> 1) - 15;
    pixel.after = bits + 13 - pixel.before;
    /* The last eight may be among those before: their exponentials are still there. */
    for (int32_t i = 0; i < channels; i += 8) {
      const int32_t c = tsr_min(i, channels - 8);
      const v128_t y = wasm_i16x8_narrow_i32x4(softmax_simd_four(exponentials + c, &pixel),
                                               softmax_simd_four(exponentials + c + 4, &pixel));
      wasm_v128_store64_lane(out + c, wasm_i8x16_narrow_i16x8(y, y), 0);
    }
  }
}
