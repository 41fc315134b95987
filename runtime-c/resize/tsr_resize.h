/*
 * Resizing rows and columns, to the nearest pixel or by linear interpolation.
 *
 * Row kernels (tsr_resize_nearest, tsr_resize_linear):
 * rows     row_taps pointers, 1 or 2; one of two may be NULL, and then the other stands for it (the image goes on as it
 *          ends). segment->row is the output row
 *          The first tap of output column x is input column floor((x * column_multiply + column_add) / column_divide),
 *          which says where in the input row a segment's row pointers point
 * out      segment->out_width pixels from column segment->column on; must not overlap the rows
 * Kernels for whole tensors (..._whole), where the rows follow no formula:
 * rows     one pointer, to the whole input
 * out      the whole output; must not overlap the input
 * scratch  none
 *
 * Linear weights are fractions of 2^tsr_resize_bits, and two that belong together add up to it. The sum of four products
 * is at most 255 * 2^(2 * tsr_resize_bits), zero point included, and is rounded once, by the requantisation.
 */
#ifndef TSR_RESIZE_H
#define TSR_RESIZE_H

#include "tsr.h"

enum { tsr_resize_bits = 11 };

typedef struct tsr_resize_nearest {
  const int8_t *table;     /* entry q + 128 is the output of q; NULL where it is q */
  const uint16_t *columns; /* the input column of each output column */
  int32_t row_taps;
  int32_t row; /* which of the rows the output takes */
  int32_t column_multiply;
  int32_t column_add;
  int32_t column_divide;
  int32_t channels;
  int32_t in_pixel;
  int32_t out_pixel;
} tsr_resize_nearest;

typedef struct tsr_resize_nearest_whole {
  const uint16_t *rows; /* the input row of each output row */
  const int8_t *table;
  const uint16_t *columns;
  int32_t channels;
  int32_t in_pixel;
  int32_t out_pixel;
  int32_t batch;
  int32_t in_rows;
  int32_t in_width;
  int32_t out_rows;
  int32_t out_width;
} tsr_resize_nearest_whole;

typedef struct tsr_resize_linear {
  const uint16_t *left;           /* the two input columns of each output column */
  const uint16_t *right;
  const uint16_t *column_weights; /* of the right one */
  const uint16_t *row_weights;    /* of the lower row, for each output row */
  int32_t row_taps;
  int32_t bias; /* -input zero point * 2^(2 * tsr_resize_bits) */
  int32_t multiplier;
  int32_t pre_scale;
  int32_t offset;
  int32_t shift;
  int32_t min;
  int32_t max;
  int32_t column_multiply;
  int32_t column_add;
  int32_t column_divide;
  int32_t channels;
  int32_t in_pixel;
  int32_t out_pixel;
} tsr_resize_linear;

typedef struct tsr_resize_linear_whole {
  const uint16_t *top; /* the two input rows of each output row */
  const uint16_t *bottom;
  const uint16_t *left;
  const uint16_t *right;
  const uint16_t *column_weights;
  const uint16_t *row_weights;
  int32_t bias;
  int32_t multiplier;
  int32_t pre_scale;
  int32_t offset;
  int32_t shift;
  int32_t min;
  int32_t max;
  int32_t channels;
  int32_t in_pixel;
  int32_t out_pixel;
  int32_t batch;
  int32_t in_rows;
  int32_t in_width;
  int32_t out_rows;
  int32_t out_width;
} tsr_resize_linear_whole;

/* The input column that the row pointers of a segment point at. */
static inline int32_t tsr_resize_origin(const tsr_segment *segment, int32_t multiply, int32_t add, int32_t divide) {
  return tsr_floor_div(segment->column * multiply + add, divide) + segment->pad_left;
}

/* The weighted sum of four neighbouring values; weights of the right and of the lower ones. */
static inline int32_t tsr_resize_mix(int32_t top_left, int32_t top_right, int32_t bottom_left, int32_t bottom_right,
                                     int32_t right, int32_t lower) {
  const int32_t one = (int32_t)1 << tsr_resize_bits;
  const int32_t above = top_left * (one - right) + top_right * right;
  const int32_t below = bottom_left * (one - right) + bottom_right * right;
  return above * (one - lower) + below * lower;
}

void tsr_resize_nearest_s8__portable(const tsr_resize_nearest *p, const int8_t *const *rows, int8_t *out,
                                     const tsr_segment *segment, void *scratch);

void tsr_resize_nearest_s8__portable_whole(const tsr_resize_nearest_whole *p, const int8_t *const *rows, int8_t *out,
                                           const tsr_segment *segment, void *scratch);

void tsr_resize_linear_s8__portable(const tsr_resize_linear *p, const int8_t *const *rows, int8_t *out,
                                    const tsr_segment *segment, void *scratch);

void tsr_resize_linear_s8__portable_whole(const tsr_resize_linear_whole *p, const int8_t *const *rows, int8_t *out,
                                          const tsr_segment *segment, void *scratch);

#endif
