/*
 * How depthwise 3 x 3 convolutions on Arm DSP fill their scratch: pairs of columns (isa/tsr_dsp_columns.h), four channels
 * at a time.
 */
#ifndef TSR_DEPTHWISE_DSP_3X3_H
#define TSR_DEPTHWISE_DSP_3X3_H

#include "tsr_depthwise__dsp.h"
#include "tsr_dsp_columns.h"

/* The columns of three rows that a run of outputs needs. */
typedef struct tsr_depthwise_columns {
  const int8_t *rows[3]; /* the first column inside the input; NULL is padding */
  int32_t step;
  int32_t from;  /* columns before are padding */
  int32_t alone; /* so many from there on go one by one */
  int32_t pairs; /* and then so many pairs */
  int32_t last;  /* and then so many one by one: at most one where there are pairs */
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

static inline uint32_t *tsr_depthwise_pair(uint32_t *scratch, int32_t x) { return scratch + (x >> 1) * tsr_dsp_pair_words; }

static inline void tsr_depthwise_pad_columns(uint32_t *scratch, int32_t from, int32_t to, uint32_t padding) {
  for (int32_t x = from; x < to; ++x) {
    tsr_depthwise_put_column(tsr_depthwise_pair(scratch, x), x & 1, padding, padding, padding);
  }
}

/* The `count` columns from column `first` on, an even number; puts those that are padding: the same for all channels. */
static inline void tsr_depthwise_columns_begin(tsr_depthwise_columns *columns, const tsr_depthwise_3x3_dsp *p,
                                               const int8_t *const *rows, int32_t in_width, int32_t first, int32_t count,
                                               uint32_t *scratch) {
  const int32_t from = tsr_min(tsr_max(-first, 0), count);
  const int32_t to = tsr_max(tsr_min(in_width - first, count), from);
  const int32_t at = (first + from) * p->in_pixel;
  const int32_t inside = rows[0] != NULL && rows[1] != NULL && rows[2] != NULL;
  for (int32_t i = 0; i < 3; ++i) columns->rows[i] = rows[i] == NULL ? NULL : rows[i] + at;
  columns->step = p->in_pixel;
  columns->from = from;
  columns->pairs = inside ? ((to & ~1) - ((from + 1) & ~1)) / 2 : 0;
  columns->alone = columns->pairs > 0 ? from & 1 : to - from;
  columns->last = to - from - columns->alone - 2 * columns->pairs;
  columns->padding = tsr_dsp_four(p->input_zero_point);
  tsr_depthwise_pad_columns(scratch, 0, from, columns->padding);
  tsr_depthwise_pad_columns(scratch, to, count, columns->padding);
}

/* Puts columns one by one, where there are few or where a row is padding. */
static inline void tsr_depthwise_put_alone(const tsr_depthwise_columns *columns, int32_t c, uint32_t *scratch) {
  const int8_t *at[3];
  int32_t step[3];
  for (int32_t i = 0; i < 3; ++i) {
    const int8_t *row = columns->rows[i];
    at[i] = row == NULL ? (const int8_t *)&columns->padding : row + c;
    step[i] = row == NULL ? 0 : columns->step;
  }
  for (int32_t x = columns->from; x < columns->from + columns->alone; ++x) {
    tsr_depthwise_put_column(tsr_depthwise_pair(scratch, x), x & 1, tsr_dsp_load(at[0]), tsr_dsp_load(at[1]),
                             tsr_dsp_load(at[2]));
    for (int32_t i = 0; i < 3; ++i) at[i] += step[i];
  }
}

/* Puts the columns that are in the input, with the channels from channel c on. */
static inline void tsr_depthwise_put_columns(const tsr_depthwise_columns *columns, int32_t c, uint32_t *scratch) {
  const int32_t pairs = columns->pairs;
  if (pairs == 0) {
    tsr_depthwise_put_alone(columns, c, scratch);
    return;
  }
  const int32_t step = columns->step;
  const int8_t *a = columns->rows[0] + c;
  const int8_t *b = columns->rows[1] + c;
  const int8_t *d = columns->rows[2] + c;
  uint32_t *pair = tsr_depthwise_pair(scratch, columns->from);
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

/*
 * One channel of a pixel: v0 to v2 are the pairs of rows a and b in three columns, `pair` is that of row c in two, and
 * `last` the product that is left.
 */
TSR_DSP_INLINE int8_t tsr_depthwise_output(const int32_t *weights, uint32_t v0, uint32_t v1, uint32_t v2, uint32_t pair,
                                           int32_t last, int32_t pre_shift, int32_t offset) {
  const uint32_t first = (uint32_t)weights[1];
  const uint32_t second = (uint32_t)weights[2];
  int32_t sum = tsr_dsp_smlad(v0, tsr_dsp_sxtb16(first), last);
  sum = tsr_dsp_smlad(v2, tsr_dsp_sxtb16_odd(first), sum);
  sum = tsr_dsp_smlad(v1, tsr_dsp_sxtb16(second), sum);
  sum = tsr_dsp_smlad(pair, tsr_dsp_sxtb16_odd(second), sum);
  sum = (int32_t)((uint32_t)sum << pre_shift) + weights[0];
  return (int8_t)tsr_dsp_half8(tsr_dsp_smmla(sum, weights[3], offset));
}

/* Two channels, whose pairs are the even and odd bytes of t0 to t2 and `t`, and of the column c2 and the weights w22. */
TSR_DSP_INLINE void tsr_depthwise_two(const int32_t *weights, uint32_t t0, uint32_t t1, uint32_t t2, uint32_t t, uint32_t c2,
                                      uint32_t w22, int32_t pre_shift, int32_t offset, int8_t *out) {
  const int32_t even = (int8_t)c2 * (int8_t)w22;
  const int32_t odd = (int8_t)(c2 >> 8) * (int8_t)(w22 >> 8);
  out[0] = tsr_depthwise_output(weights, tsr_dsp_sxtb16(t0), tsr_dsp_sxtb16(t1), tsr_dsp_sxtb16(t2), tsr_dsp_sxtb16(t), even,
                                pre_shift, offset);
  out[1] = tsr_depthwise_output(weights + tsr_dsp_channel_words, tsr_dsp_sxtb16_odd(t0), tsr_dsp_sxtb16_odd(t1),
                                tsr_dsp_sxtb16_odd(t2), tsr_dsp_sxtb16_odd(t), odd, pre_shift, offset);
}

/*
 * The outputs of one pixel, none of whose nine taps is padding. a, b, c: its first taps in the three rows. Where few pixels
 * are computed at a time, this saves the way through the scratch.
 */
TSR_DSP_INLINE void tsr_depthwise_pixel(const tsr_depthwise_3x3_dsp *p, const int8_t *a, const int8_t *b, const int8_t *c,
                                        int8_t *out, int32_t pre_shift) {
  const int32_t step = p->in_pixel;
  const int32_t offset = p->offset;
  const int32_t *weights = p->weights;
  for (const int8_t *end = a + p->channels; a != end; a += 4, b += 4, c += 4, out += 4, weights += 17) {
    const uint32_t a0 = tsr_dsp_load(a);
    const uint32_t b0 = tsr_dsp_load(b);
    const uint32_t a1 = tsr_dsp_load(a + step);
    const uint32_t b1 = tsr_dsp_load(b + step);
    const uint32_t a2 = tsr_dsp_load(a + 2 * step);
    const uint32_t b2 = tsr_dsp_load(b + 2 * step);
    const uint32_t c0 = tsr_dsp_load(c);
    const uint32_t c1 = tsr_dsp_load(c + step);
    const uint32_t c2 = tsr_dsp_load(c + 2 * step);
    const uint32_t w22 = (uint32_t)weights[0];
    tsr_depthwise_two(weights + 1, tsr_dsp_pack(a0, b0), tsr_dsp_pack(a1, b1), tsr_dsp_pack(a2, b2), tsr_dsp_pack(c0, c1), c2,
                      w22, pre_shift, offset, out);
    tsr_depthwise_two(weights + 9, tsr_dsp_pack_high(a0, b0), tsr_dsp_pack_high(a1, b1), tsr_dsp_pack_high(a2, b2),
                      tsr_dsp_pack_high(c0, c1), c2 >> 16, w22 >> 16, pre_shift, offset, out + 2);
  }
}

/* Computes a segment of so few pixels pixel by pixel, where none has a tap in the padding; 0: it is not one. */
static inline int32_t tsr_depthwise_few(const tsr_depthwise_3x3_dsp *p, const int8_t *const *rows, int8_t *out,
                                        const tsr_segment *segment, int32_t stride, int32_t pre_shift) {
  const int32_t first = -segment->pad_left;
  const int32_t behind = first + (segment->out_width - 1) * stride + 3;
  if (segment->out_width > tsr_depthwise_3x3_few || first < 0 || behind > segment->in_width) return 0;
  if (rows[0] == NULL || rows[1] == NULL || rows[2] == NULL) return 0;
  for (int32_t x = 0; x < segment->out_width; ++x) {
    const int32_t at = (first + x * stride) * p->in_pixel;
    tsr_depthwise_pixel(p, rows[0] + at, rows[1] + at, rows[2] + at, out + x * p->out_pixel, pre_shift);
  }
  return 1;
}

/* The loops over channels: of isa/tsr_dsp_columns.h. */
typedef const int32_t *tsr_depthwise_loops(tsr_dsp_columns *context, const int32_t *weights);

/* `count` outputs of stride 1, at most tsr_depthwise_3x3_outputs, whose first tap is column `first`. */
TSR_DSP_INLINE void tsr_depthwise_outputs(const tsr_depthwise_3x3_dsp *p, const int8_t *const *rows, int8_t *out,
                                          int32_t in_width, int32_t first, int32_t count, uint32_t *scratch,
                                          tsr_depthwise_loops *loops) {
  const int32_t pairs = (count + 1) / 2;
  tsr_depthwise_columns columns;
  tsr_depthwise_columns_begin(&columns, p, rows, in_width, first, 2 * pairs + 2, scratch);
  tsr_dsp_columns context;
  tsr_dsp_columns_begin(&context, scratch, pairs, p->offset);
  context.doublings = p->pre_shift;
  const int32_t *weights = p->weights;
  for (int32_t c = 0; c < p->channels; c += 4) {
    tsr_depthwise_put_columns(&columns, c, scratch);
    weights = loops(&context, weights);
    if (count > 1) tsr_dsp_pair_outputs(scratch, out + c, p->out_pixel, count / 2);
    const uint32_t *last = scratch + count / 2 * tsr_dsp_pair_words;
    if (count & 1) tsr_dsp_store(out + (count - 1) * p->out_pixel + c, tsr_dsp_pack(last[3], last[7]));
  }
}

/* Where the layer's clamp is narrower than int8. */
static inline void tsr_depthwise_clamp(const tsr_depthwise_3x3_dsp *p, int8_t *out, int32_t width) {
  if (p->min == -128 && p->max == 127) return;
  for (int32_t x = 0; x < width; ++x) tsr_dsp_clamp(out + x * p->out_pixel, p->channels, p->min, p->max);
}

/* A segment of stride 1. */
TSR_DSP_INLINE void tsr_depthwise_segment(const tsr_depthwise_3x3_dsp *p, const int8_t *const *rows, int8_t *out,
                                          const tsr_segment *segment, int32_t pre_shift, uint32_t *scratch,
                                          tsr_depthwise_loops *loops) {
  int32_t count = tsr_depthwise_few(p, rows, out, segment, 1, pre_shift) ? segment->out_width : 0;
  for (int32_t x = count; x < segment->out_width; x += count) {
    count = tsr_min(segment->out_width - x, tsr_depthwise_3x3_outputs);
    tsr_depthwise_outputs(p, rows, out + x * p->out_pixel, segment->in_width, x - segment->pad_left, count, scratch, loops);
  }
  tsr_depthwise_clamp(p, out, segment->out_width);
}

#endif
