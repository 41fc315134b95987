/*
 * How depthwise 3 x 3 convolutions on Arm DSP fill their scratch: pairs of columns (isa/tsr_dsp_columns.h), four
 * channels
 * at a time.
 */
#ifndef TSR_DEPTHWISE_DSP_3X3_H
#define TSR_DEPTHWISE_DSP_3X3_H

#include "tsr_depthwise__dsp.h"
#include "tsr_dsp_columns.h"

/*
 * The columns of three rows that a run of outputs needs. Those in the input are put in order: the first alone where it
 * is
 * the second of a pair, then pairs, then the last where it is the first of one.
 */
typedef struct tsr_depthwise_columns {
  const int8_t *rows[3]; /* the first column inside the input; NULL is padding */
  int32_t step;
  int32_t from;   /* columns before are padding */
  int32_t alone;  /* 1 or 0 */
  int32_t pairs;
  int32_t last;   /* 1 or 0 */
  int32_t inside; /* whether no row is padding */
  uint32_t padding;
} tsr_depthwise_columns;

/* Puts the first or second column of a pair: four channels of each row. */
TSR_DSP_INLINE void tsr_depthwise_put_column(uint32_t *pair, int32_t second, uint32_t a, uint32_t b, uint32_t c) {
  pair[second] = tsr_dsp_pack(a, b);
  pair[4 + second] = tsr_dsp_pack_high(a, b);
  __builtin_memcpy((int8_t *)(pair + 2) + 2 * second, &c, 2);
  c >>= 16;
  __builtin_memcpy((int8_t *)(pair + 6) + 2 * second, &c, 2);
}

static inline uint32_t *tsr_depthwise_pair(uint32_t *scratch,
                                           int32_t x) { return scratch + (x >> 1) * tsr_dsp_pair_words; }

static inline void tsr_depthwise_pad_columns(uint32_t *scratch, int32_t from, int32_t to, uint32_t padding) {
  for (int32_t x = from; x < to; ++x) {
    tsr_depthwise_put_column(tsr_depthwise_pair(scratch, x), x & 1, padding, padding, padding);
  }
}

/*
 * The `count` columns from column `first` on, an even number; puts those that are padding: the same for all channels.
 */
static inline void tsr_depthwise_columns_begin(tsr_depthwise_columns *columns,
                                               const tsr_depthwise_packed_dsp_shape *p, const int8_t *const *rows,
                                               int32_t in_width, int32_t first, int32_t count, uint32_t *scratch) {
  const int32_t from = tsr_min(tsr_max(-first, 0), count);
  const int32_t to = tsr_max(tsr_min(in_width - first, count), from);
  const int32_t at = (first + from) * p->in_pixel;
  const int32_t inside = rows[0] != NULL && rows[1] != NULL && rows[2] != NULL;
  for (int32_t i = 0; i < 3; ++i) columns->rows[i] = rows[i] == NULL ? NULL : rows[i] + at;
  columns->step = p->in_pixel;
  columns->from = from;
  columns->alone = from < to ? from & 1 : 0;
  columns->pairs = (to - from - columns->alone) / 2;
  columns->last = (to - from - columns->alone) & 1;
  columns->inside = inside;
  columns->padding = tsr_dsp_four(p->input_zero_point);
  tsr_depthwise_pad_columns(scratch, 0, from, columns->padding);
  tsr_depthwise_pad_columns(scratch, to, count, columns->padding);
}

/* The columns of rows of which one is padding, or of which there are few. */
static inline void tsr_depthwise_put_edge(const tsr_depthwise_columns *columns, int32_t c, uint32_t *pair) {
  const int8_t *padding = (const int8_t *)&columns->padding;
  const int8_t *a = columns->rows[0] == NULL ? padding : columns->rows[0] + c;
  const int8_t *b = columns->rows[1] == NULL ? padding : columns->rows[1] + c;
  const int8_t *d = columns->rows[2] == NULL ? padding : columns->rows[2] + c;
  const int32_t a_step = columns->rows[0] == NULL ? 0 : columns->step;
  const int32_t b_step = columns->rows[1] == NULL ? 0 : columns->step;
  const int32_t d_step = columns->rows[2] == NULL ? 0 : columns->step;
  if (columns->alone != 0) {
    tsr_depthwise_put_column(pair, 1, tsr_dsp_load(a), tsr_dsp_load(b), tsr_dsp_load(d));
    pair += tsr_dsp_pair_words;
    a += a_step;
    b += b_step;
    d += d_step;
  }
  for (int32_t i = columns->pairs; i > 0; --i, pair += tsr_dsp_pair_words) {
    tsr_depthwise_put_column(pair, 0, tsr_dsp_load(a), tsr_dsp_load(b), tsr_dsp_load(d));
    tsr_depthwise_put_column(pair, 1, tsr_dsp_load(a + a_step), tsr_dsp_load(b + b_step), tsr_dsp_load(d + d_step));
    a += 2 * a_step;
    b += 2 * b_step;
    d += 2 * d_step;
  }
  if (columns->last != 0) tsr_depthwise_put_column(pair, 0, tsr_dsp_load(a), tsr_dsp_load(b), tsr_dsp_load(d));
}

/* Puts the columns that are in the input, with the channels from channel c on. */
static inline void tsr_depthwise_put_columns(const tsr_depthwise_columns *columns, int32_t c, uint32_t *scratch) {
  uint32_t *pair = tsr_depthwise_pair(scratch, columns->from);
  const int32_t pairs = columns->pairs;
  if (!columns->inside || pairs == 0) {
    tsr_depthwise_put_edge(columns, c, pair);
    return;
  }
  const int32_t step = columns->step;
  const int8_t *a = columns->rows[0] + c;
  const int8_t *b = columns->rows[1] + c;
  const int8_t *d = columns->rows[2] + c;
  if (columns->alone != 0) {
    tsr_depthwise_put_column(pair, 1, tsr_dsp_load(a), tsr_dsp_load(b), tsr_dsp_load(d));
    pair += tsr_dsp_pair_words;
    a += step;
    b += step;
    d += step;
  }
  tsr_dsp_pair_columns(pair, a, b, d, step, pairs);
  if (columns->last == 0) return;
  const int32_t skip = 2 * pairs * step;
  tsr_depthwise_put_column(pair + pairs * tsr_dsp_pair_words, 0, tsr_dsp_load(a + skip), tsr_dsp_load(b + skip),
                           tsr_dsp_load(d + skip));
}

/* The loops over channels: of isa/tsr_dsp_columns.h. */
typedef const int32_t *tsr_depthwise_loops(tsr_dsp_columns *context, const int32_t *weights);

/* `count` outputs of stride 1, at most tsr_depthwise_3x3_outputs, whose first tap is column `first`. */
TSR_DSP_INLINE void tsr_depthwise_outputs(const tsr_depthwise_packed_dsp *layer, const int8_t *const *rows,
                                          int8_t *out, int32_t in_width, int32_t first, int32_t count,
                                          uint32_t *scratch, tsr_depthwise_loops *loops) {
  const tsr_depthwise_packed_dsp_shape *p = layer->shape;
  const int32_t *weights = layer->weights;
  const int32_t pairs = (count + 1) / 2;
  tsr_depthwise_columns columns;
  tsr_depthwise_columns_begin(&columns, p, rows, in_width, first, 2 * pairs + 2, scratch);
  tsr_dsp_columns context;
  tsr_dsp_columns_begin(&context, scratch, pairs, p->offset);
  context.doublings = p->pre_shift;
  const uint32_t least = tsr_dsp_four(p->min);
  const uint32_t most = tsr_dsp_four(p->max);
  for (int32_t c = 0; c < p->channels; c += 4) {
    tsr_depthwise_put_columns(&columns, c, scratch);
    weights = loops(&context, weights);
    if (count > 1) tsr_dsp_pair_outputs(scratch, out + c, p->out_pixel, count / 2, least, most);
    if ((count & 1) == 0) continue;
    const uint32_t *last = scratch + count / 2 * tsr_dsp_pair_words;
    const uint32_t word = tsr_dsp_pack(last[3], last[7]);
    tsr_dsp_store(out + (count - 1) * p->out_pixel + c, tsr_dsp_min8(tsr_dsp_max8(word, least), most));
  }
}

/* Outputs of a segment, at most `most` at a time, by a function of its own: so each has but its own frame on the stack. */
typedef void tsr_depthwise_wide(const tsr_depthwise_packed_dsp *layer, const int8_t *const *rows, int8_t *out,
                                int32_t in_width, int32_t first, int32_t count, uint32_t *scratch);

TSR_DSP_INLINE void tsr_depthwise_rows(const tsr_depthwise_packed_dsp *layer, const int8_t *const *rows, int8_t *out,
                                       const tsr_segment *segment, uint32_t *scratch, int32_t stride,
                                       tsr_depthwise_wide *wide) {
  const tsr_depthwise_packed_dsp_shape *p = layer->shape;
  const int32_t most = tsr_depthwise_3x3_outputs / stride;
  int32_t count;
  for (int32_t x = 0; x < segment->out_width; x += count) {
    count = tsr_min(segment->out_width - x, most);
    wide(layer, rows, out + x * p->out_pixel, segment->in_width, x * stride - segment->pad_left, count, scratch);
  }
}

#endif
