/*
 * How depthwise 3 x 3 convolutions on Arm DSP fill their scratch: pairs of columns (isa/tsr_dsp_columns.h), four channels
 * at a time. Padding is the same for all channels, and filled in once.
 */
#ifndef TSR_DEPTHWISE_DSP_3X3_H
#define TSR_DEPTHWISE_DSP_3X3_H

#include "tsr_depthwise__dsp.h"
#include "tsr_dsp_columns.h"

/* Three rows from some column and channel on, and which of the columns from there on are in the input: [from, to). */
typedef struct tsr_depthwise_columns {
  const int8_t *rows[3]; /* NULL is padding */
  int32_t step;
  int32_t from;
  int32_t to;
  int32_t count; /* even */
  uint32_t padding;
} tsr_depthwise_columns;

/* The columns of `count` from column `first` of the rows on. */
static inline tsr_depthwise_columns tsr_depthwise_columns_of(const int8_t *const *rows, int32_t step, int32_t in_width,
                                                             int32_t first, int32_t count, int32_t zero_point) {
  tsr_depthwise_columns columns = {.step = step, .count = count, .padding = tsr_dsp_four(zero_point)};
  columns.from = tsr_min(tsr_max(-first, 0), count);
  columns.to = tsr_max(tsr_min(in_width - first, count), columns.from);
  for (int32_t i = 0; i < 3; ++i) {
    columns.rows[i] = rows[i] == NULL ? NULL : rows[i] + (first + columns.from) * step;
  }
  return columns;
}

/* Puts column x: four channels of each row. */
static inline void tsr_depthwise_put_column(uint32_t *scratch, int32_t x, uint32_t a, uint32_t b, uint32_t c) {
  uint32_t *pair = scratch + (x >> 1) * tsr_dsp_pair_words;
  pair[x & 1] = tsr_dsp_pack(a, b);
  pair[4 + (x & 1)] = tsr_dsp_pack(a >> 16, b >> 16);
  memcpy((int8_t *)(pair + 2) + 2 * (x & 1), &c, 2);
  c >>= 16;
  memcpy((int8_t *)(pair + 6) + 2 * (x & 1), &c, 2);
}

/* Fills the columns that are padding. */
static inline void tsr_depthwise_pad_columns(const tsr_depthwise_columns *columns, uint32_t *scratch) {
  const uint32_t padding = columns->padding;
  for (int32_t x = 0; x < columns->count; ++x) {
    if (x < columns->from || x >= columns->to) tsr_depthwise_put_column(scratch, x, padding, padding, padding);
  }
}

/* Fills the columns that are in the input, with the channels from channel c on. */
static inline void tsr_depthwise_load_columns(const tsr_depthwise_columns *columns, int32_t c, uint32_t *scratch) {
  const int8_t *at[3];
  int32_t step[3];
  int32_t inside = 0;
  for (int32_t i = 0; i < 3; ++i) {
    const int8_t *row = columns->rows[i];
    at[i] = row == NULL ? (const int8_t *)&columns->padding : row + c;
    step[i] = row == NULL ? 0 : columns->step;
    inside += row != NULL;
  }
  int32_t x = columns->from;
  const int32_t pairs = ((columns->to & ~1) - ((x + 1) & ~1)) / 2;
  const int32_t alone = inside == 3 && pairs > 0 ? x & 1 : columns->to - x;
  for (int32_t end = x + alone; x < end; ++x) {
    tsr_depthwise_put_column(scratch, x, tsr_dsp_load(at[0]), tsr_dsp_load(at[1]), tsr_dsp_load(at[2]));
    for (int32_t i = 0; i < 3; ++i) at[i] += step[i];
  }
  if (x == columns->to) return;
  tsr_dsp_pair_columns(scratch + x / 2 * tsr_dsp_pair_words, at[0], at[1], at[2], columns->step, pairs);
  x += 2 * pairs;
  if (x == columns->to) return;
  const int32_t skip = 2 * pairs * columns->step;
  tsr_depthwise_put_column(scratch, x, tsr_dsp_load(at[0] + skip), tsr_dsp_load(at[1] + skip), tsr_dsp_load(at[2] + skip));
}

#endif
