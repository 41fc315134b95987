#include "tsr_matmul__mve.h"

/* The multiplier is a multiple of 256, and halved what tsr_mve_requantize wants. */
static inline tsr_mve_s32 matmul_mve_finish(const tsr_matmul *p, tsr_mve_s32 sums) {
  return tsr_mve_requantize(sums, tsr_mve_all_s32(p->multiplier / 2), p->offset, p->shift, tsr_mve_all_s32(p->min),
                            tsr_mve_all_s32(p->max));
}

/* The sum of the row of a, less its zero points, times the zero point of b: what raw columns of b are too much. */
static int32_t matmul_mve_excess(const tsr_matmul *p, const int8_t *a) {
  int32_t sum = 0;
  for (int32_t k = 0; k < p->inner; ++k) sum += a[k * p->a_inner] - p->a_zero_point;
  return sum * p->b_zero_point;
}

/* Sixteen columns of b that lie side by side: each value of a is multiplied with all of them. */
static void matmul_mve_sixteen(const tsr_matmul *p, const int8_t *a, const int8_t *b, tsr_mve_s32 start, int8_t *out) {
  tsr_mve_s32 s0 = start, s1 = start, s2 = start, s3 = start;
  for (int32_t k = p->inner; k > 0; --k, a += p->a_inner, b += p->b_inner) {
    const int32_t value = *a - p->a_zero_point;
    s0 = tsr_mve_multiply_add_s32(s0, tsr_mve_load_bytes(b), value);
    s1 = tsr_mve_multiply_add_s32(s1, tsr_mve_load_bytes(b + 4), value);
    s2 = tsr_mve_multiply_add_s32(s2, tsr_mve_load_bytes(b + 8), value);
    s3 = tsr_mve_multiply_add_s32(s3, tsr_mve_load_bytes(b + 12), value);
  }
  tsr_mve_store_bytes(out, matmul_mve_finish(p, s0));
  tsr_mve_store_bytes(out + 4, matmul_mve_finish(p, s1));
  tsr_mve_store_bytes(out + 8, matmul_mve_finish(p, s2));
  tsr_mve_store_bytes(out + 12, matmul_mve_finish(p, s3));
}

/* The same of four columns or fewer. */
static void matmul_mve_four(const tsr_matmul *p, const int8_t *a, const int8_t *b, tsr_mve_s32 sums, int8_t *out,
                            int32_t lanes) {
  for (int32_t k = p->inner; k > 0; --k, a += p->a_inner, b += p->b_inner) {
    sums = tsr_mve_multiply_add_s32(sums, tsr_mve_load_part_bytes(b, lanes), *a - p->a_zero_point);
  }
  tsr_mve_store_part_bytes(out, matmul_mve_finish(p, sums), lanes);
}

/* One output of a row of a and a column of b that are both read along k. */
static inline int32_t matmul_mve_dot(const tsr_matmul *p, const int8_t *a, const int8_t *b) {
  const tsr_mve_s8 ones = tsr_mve_all_s8(1);
  int32_t dot = 0;
  int32_t sum = 0;
  int32_t k = 0;
  for (; k + 16 <= p->inner; k += 16) {
    const tsr_mve_s8 column = tsr_mve_load_s8(b + k);
    dot = tsr_mve_dot_add(dot, tsr_mve_load_s8(a + k), column);
    sum = tsr_mve_dot_add(sum, ones, column);
  }
  if (k < p->inner) {
    const tsr_mve_s8 column = tsr_mve_load_part_s8(b + k, p->inner - k);
    dot = tsr_mve_dot_add(dot, tsr_mve_load_part_s8(a + k, p->inner - k), column);
    sum = tsr_mve_dot_add(sum, ones, column);
  }
  return dot - p->a_zero_point * sum;
}

/* 64 x 64, on a Cortex-M55 in QEMU: 1.05 instructions a multiply-accumulate, along k 1.23; the portable kernel takes 8.6. */
void tsr_matmul_s8s8__mve(const tsr_matmul *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                          void *scratch) {
  (void)scratch;
  const int32_t height = segment->out_width / p->matrices;
  for (int32_t m = 0; m < p->matrices; ++m) {
    const int8_t *b = rows[1] + m * p->b_matrix;
    for (int32_t i = 0; i < height; ++i, out += p->out_pixel) {
      const int8_t *a = rows[0] + segment->column * p->a_column + m * p->a_matrix + i * p->a_pixel;
      const int32_t excess = matmul_mve_excess(p, a);
      if (p->b_column == 1) {
        const tsr_mve_s32 start = tsr_mve_all_s32(-excess);
        int32_t j = 0;
        for (; j + 16 <= p->columns; j += 16) matmul_mve_sixteen(p, a, b + j, start, out + j);
        for (; j < p->columns; j += 4) matmul_mve_four(p, a, b + j, start, out + j, tsr_min(4, p->columns - j));
      } else {
        for (int32_t j = 0; j < p->columns; ++j) {
          out[j] = tsr_requantize(matmul_mve_dot(p, a, b + j * p->b_column) - excess, p->multiplier, p->offset, p->shift,
                                  p->min, p->max);
        }
      }
    }
  }
}
