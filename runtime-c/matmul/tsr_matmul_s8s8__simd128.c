#include "tsr_matmul__simd128.h"

/* Two neighbouring values of a, in each pair of lanes; the second of a last one alone counts nothing. */
TSR_SIMD_INLINE v128_t matmul_simd_pair(const tsr_matmul *p, const int8_t *a, int32_t there) {
  const int32_t first = a[0] - p->a_zero_point;
  const int32_t second = there > 1 ? a[p->a_inner] - p->a_zero_point : 0;
  return wasm_i32x4_splat((int32_t)((uint32_t)first & 0xffffu) | (int32_t)((uint32_t)second << 16));
}

/* Eight columns of b that lie side by side. */
TSR_SIMD_INLINE v128_t matmul_simd_eight(const tsr_matmul *p, const int8_t *a, const int8_t *b, v128_t multiplier,
                                         const tsr_simd_range *range) {
  const v128_t zero = wasm_i16x8_splat((int16_t)p->b_zero_point);
  v128_t low = wasm_i32x4_splat(0);
  v128_t high = wasm_i32x4_splat(0);
  for (int32_t k = 0; k < p->inner; k += 2) {
    const int32_t there = tsr_min(2, p->inner - k);
    const v128_t pair = matmul_simd_pair(p, a + k * p->a_inner, there);
    const v128_t even = wasm_i16x8_sub(wasm_i16x8_load8x8(b + k * p->b_inner), zero);
    const v128_t odd = wasm_i16x8_sub(wasm_i16x8_load8x8(b + (k + there - 1) * p->b_inner), zero);
    const v128_t first = wasm_i8x16_shuffle(even, odd, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23);
    const v128_t second = wasm_i8x16_shuffle(even, odd, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31);
    low = wasm_i32x4_add(low, wasm_i32x4_dot_i16x8(first, pair));
    high = wasm_i32x4_add(high, wasm_i32x4_dot_i16x8(second, pair));
  }
  low = tsr_simd_scale(low, multiplier, range);
  high = tsr_simd_scale(high, multiplier, range);
  return tsr_simd_clamp(low, high, low, high, range);
}

/* One output of a row of a and a column of b that are both read along k. */
TSR_SIMD_INLINE int32_t matmul_simd_dot(const tsr_matmul *p, const int8_t *a, const int8_t *b) {
  const v128_t a_zero = wasm_i16x8_splat((int16_t)p->a_zero_point);
  const v128_t b_zero = wasm_i16x8_splat((int16_t)p->b_zero_point);
  v128_t sums = wasm_i32x4_splat(0);
  int32_t k = 0;
  for (; k + 8 <= p->inner; k += 8) {
    const v128_t left = wasm_i16x8_sub(wasm_i16x8_load8x8(a + k), a_zero);
    const v128_t right = wasm_i16x8_sub(wasm_i16x8_load8x8(b + k), b_zero);
    sums = wasm_i32x4_add(sums, wasm_i32x4_dot_i16x8(left, right));
  }
  int32_t lanes[4];
  wasm_v128_store(lanes, sums);
  int32_t acc = lanes[0] + lanes[1] + lanes[2] + lanes[3];
  for (; k < p->inner; ++k) acc += (a[k] - p->a_zero_point) * (b[k] - p->b_zero_point);
  return acc;
}

void tsr_matmul_s8s8__simd128(const tsr_matmul *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                              void *scratch) {
  (void)scratch;
  const tsr_simd_range range = tsr_simd_range_of(p->pre_scale, p->offset, p->shift, p->min, p->max);
  const v128_t multiplier = wasm_i32x4_splat(p->multiplier);
  const int32_t height = segment->out_width / p->matrices;
  for (int32_t m = 0; m < p->matrices; ++m) {
    const int8_t *b = rows[1] + m * p->b_matrix;
    for (int32_t i = 0; i < height; ++i, out += p->out_pixel) {
      const int8_t *a = rows[0] + segment->column * p->a_column + m * p->a_matrix + i * p->a_pixel;
      if (p->b_column == 1) {
        for (int32_t from = 0; from < p->columns; from += 8) {
          /* The last eight columns end with the last: some are computed twice. */
          const int32_t j = tsr_min(from, p->columns - 8);
          wasm_v128_store64_lane(out + j, matmul_simd_eight(p, a, b + j, multiplier, &range), 0);
        }
      } else {
        for (int32_t j = 0; j < p->columns; ++j) {
          out[j] = tsr_requantize(matmul_simd_dot(p, a, b + j * p->b_column) * p->pre_scale, p->multiplier, p->offset,
                                  p->shift, p->min, p->max);
        }
      }
    }
  }
}
