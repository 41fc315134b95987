/*
 * Products of matrices of activations: out[i][j] = sum over k of a[i][k] * b[k][j].
 *
 * rows     two pointers: to the rows of a that segment->out_width pixels of the output need, and to a whole matrix b
 * out      segment->out_width pixels of `columns` bytes; must not overlap either operand
 * scratch  none
 * A step computes rows of one product, or all of `matrices` products, which segment->out_width is divided among.
 * acc = sum of (a - a_zero_point) * (b - b_zero_point), then tsr_requantize(acc * pre_scale, ...)
 * ranges   the compiler has proved that acc and acc * pre_scale fit int32
 */
#ifndef TSR_MATMUL_H
#define TSR_MATMUL_H

#include "tsr.h"

typedef struct tsr_matmul {
  int32_t a_zero_point;
  int32_t b_zero_point;
  int32_t multiplier;
  int32_t pre_scale;
  int32_t offset;
  int32_t shift;
  int32_t min;
  int32_t max;
  int32_t matrices;  /* products a step */
  int32_t inner;     /* k runs up to here */
  int32_t columns;   /* j runs up to here */
  int32_t a_matrix;  /* bytes from one matrix a to the next: 0 where one serves all products */
  int32_t a_pixel;   /* bytes from a[i][k] to a[i + 1][k] */
  int32_t a_column;  /* the same where rows[0] does not move with the segment's first column; 0 where it does */
  int32_t a_inner;   /* bytes from a[i][k] to a[i][k + 1] */
  int32_t b_matrix;  /* bytes from one matrix b to the next: 0 where one serves all products */
  int32_t b_inner;   /* bytes from b[k][j] to b[k + 1][j] */
  int32_t b_column;  /* bytes from b[k][j] to b[k][j + 1] */
  int32_t out_pixel; /* bytes from one output pixel to the next */
} tsr_matmul;

void tsr_matmul_s8s8__portable(const tsr_matmul *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                               void *scratch);

#endif
