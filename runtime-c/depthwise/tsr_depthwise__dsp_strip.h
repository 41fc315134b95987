/*
 * Depthwise convolutions of 5 x 5 and 7 x 7 on Arm DSP: two channels at a time, whose columns lie in strips
 * (isa/tsr_dsp_strip.h), a strip for two rows. Strips of which both rows are padding are left out: what they add is the
 * same for all outputs.
 */
#ifndef TSR_DEPTHWISE_DSP_STRIP_H
#define TSR_DEPTHWISE_DSP_STRIP_H

#include "tsr_depthwise__dsp.h"
#include "tsr_dsp_strip.h"

/* The kernel's size, and how many outputs are computed at a time: a multiple of tsr_dsp_strip_group. */
typedef struct tsr_depthwise_strip {
  int32_t kernel;
  int32_t stride;
  int32_t outputs;
  int32_t pitch; /* words of a strip: the columns of so many outputs */
} tsr_depthwise_strip;

static inline uint32_t tsr_depthwise_two_bytes(const int8_t *from) {
  uint16_t bytes;
  __builtin_memcpy(&bytes, from, sizeof bytes);
  return bytes;
}

/* Where the two channels of a row lie, and bytes from a column to the next: 0 where all are the same. */
typedef struct tsr_depthwise_source {
  const int8_t *from;
  int32_t step;
} tsr_depthwise_source;

/* Fills a strip with two channels of the columns [from, to) of rows a and b. */
static inline void tsr_depthwise_fill_strip(uint32_t *strip, tsr_depthwise_source a, tsr_depthwise_source b,
                                            int32_t from, int32_t to) {
  uint32_t *const last = strip + to;
  strip += from;
  if ((to - from) & 1) {
    *strip++ = tsr_dsp_pack(tsr_depthwise_two_bytes(a.from), tsr_depthwise_two_bytes(b.from));
    a.from += a.step;
    b.from += b.step;
  }
  for (; strip != last; strip += 2, a.from += 2 * a.step, b.from += 2 * b.step) {
    strip[0] = tsr_dsp_pack(tsr_depthwise_two_bytes(a.from), tsr_depthwise_two_bytes(b.from));
    strip[1] = tsr_dsp_pack(tsr_depthwise_two_bytes(a.from + a.step), tsr_depthwise_two_bytes(b.from + b.step));
  }
}

/* The weights of a strip as pairs: those of two rows, or of the last row and whatever. */
typedef void tsr_depthwise_weights(const int32_t *packed, int32_t last, int32_t pass, uint32_t *weights);
typedef void tsr_depthwise_five(const uint32_t *strip, int32_t pitch, int32_t strips, const uint32_t *words, int8_t *out,
                                int32_t step, int32_t odd);

/*
 * The words of a channel (isa/tsr_dsp_strip.h) from its packed ones, for the strips that are `there` (a bit each); the
 * others are padding, of which `zero_point` is a pair.
 */
typedef struct tsr_depthwise_words {
  const int32_t *packed;
  uint32_t *to;
  uint32_t there;
  uint32_t zero_point;
  int32_t bias;
} tsr_depthwise_words;

TSR_DSP_INLINE void tsr_depthwise_strip_pass(tsr_depthwise_words *words, int32_t last, const int32_t pass,
                                             const int32_t kernel, tsr_depthwise_weights *expand) {
  uint32_t *to = words->to;
  expand(words->packed + 2, last, pass, to);
  if ((words->there >> pass & 1u) != 0) {
    words->to += kernel;
    return;
  }
  for (int32_t i = 0; i < kernel; ++i) {
    words->bias = 2 * pass == kernel - 1 ? tsr_dsp_smlabb(to[i], words->zero_point, words->bias)
                                         : tsr_dsp_smlad(to[i], words->zero_point, words->bias);
  }
}

TSR_DSP_INLINE void tsr_depthwise_strip_words(const int32_t *packed, int32_t last, int32_t offset, const int32_t kernel,
                                              uint32_t there, uint32_t zero_point, tsr_depthwise_weights *expand,
                                              uint32_t *to) {
  tsr_depthwise_words words = {packed, to + 1, there, zero_point, packed[0]};
  tsr_depthwise_strip_pass(&words, last, 0, kernel, expand);
  tsr_depthwise_strip_pass(&words, last, 1, kernel, expand);
  tsr_depthwise_strip_pass(&words, last, 2, kernel, expand);
  if (kernel == 7) tsr_depthwise_strip_pass(&words, last, 3, kernel, expand);
  to[0] = (uint32_t)words.bias;
  words.to[0] = (uint32_t)packed[1];
  words.to[1] = (uint32_t)offset;
}

/* All outputs of a channel: `count` of them. */
TSR_DSP_INLINE void tsr_depthwise_strip_channel(tsr_depthwise_strip shape, const uint32_t *strip, int32_t strips,
                                                const uint32_t *words, int8_t *out, int32_t step, int32_t count,
                                                int32_t odd, tsr_depthwise_five *five) {
  int8_t last[8];
  for (; count > 0; count -= tsr_dsp_strip_group) {
    const int32_t whole = count >= tsr_dsp_strip_group;
    five(strip, shape.pitch, strips, words, whole ? out : last, whole ? step : 1, odd);
    if (!whole) break;
    strip += tsr_dsp_strip_group * shape.stride;
    out += tsr_dsp_strip_group * step;
  }
  for (int32_t i = 0; i < count; ++i, out += step) *out = last[i];
}

/* `count` outputs, at most so many as the scratch is for, whose first tap is column `first`. */
TSR_DSP_INLINE void tsr_depthwise_strip_outputs(const tsr_depthwise_packed_dsp *layer, tsr_depthwise_strip shape,
                                                const int8_t *const *rows, int8_t *out, int32_t in_width, int32_t first,
                                                int32_t count, uint32_t *scratch, tsr_depthwise_weights *expand,
                                                tsr_depthwise_five *five) {
  const tsr_depthwise_packed_dsp_shape *p = layer->shape;
  const int32_t groups = (count + tsr_dsp_strip_group - 1) / tsr_dsp_strip_group;
  const int32_t columns = (groups * tsr_dsp_strip_group - 1) * shape.stride + shape.kernel;
  const int32_t from = tsr_min(tsr_max(-first, 0), columns);
  const int32_t to = tsr_max(tsr_min(in_width - first, columns), from);
  const int32_t at = (first + from) * p->in_pixel;
  const uint32_t padding = tsr_dsp_four(p->input_zero_point);
  const uint32_t zero_point = tsr_dsp_sxtb16(padding);
  uint32_t *const strips = scratch + tsr_dsp_strip_words;
  /* Two channels of padding, then zeros. */
  const int8_t edges[4] = {p->input_zero_point, p->input_zero_point, 0, 0};
  uint32_t there = 0;
  int32_t count_there = 0;
  for (int32_t row = 0; row < shape.kernel; row += 2) {
    const int32_t alone = row == shape.kernel - 1;
    /* One strip is always there. */
    if (rows[row] == NULL && (alone ? count_there > 0 : rows[row + 1] == NULL)) continue;
    uint32_t *strip = strips + count_there * shape.pitch;
    for (int32_t x = 0; x < columns; ++x) strip[x] = alone ? padding & 0xffffu : padding;
    there |= 1u << (row >> 1);
    ++count_there;
  }
  /* Bias, multiplier and words of weights of a channel. */
  const int32_t channel_words = 2 + (shape.kernel * shape.kernel - 1) / 4;
  for (int32_t c = 0; c < p->channels; c += 2) {
    uint32_t *strip = strips;
    for (int32_t row = 0; row < shape.kernel; row += 2) {
      if ((there >> (row >> 1) & 1u) == 0) continue;
      const int32_t alone = row == shape.kernel - 1;
      const int8_t *b_row = alone ? NULL : rows[row + 1];
      tsr_depthwise_source a = {edges, 0};
      tsr_depthwise_source b = {alone ? edges + 2 : edges, 0};
      if (rows[row] != NULL) a = (tsr_depthwise_source){rows[row] + (at + c), p->in_pixel};
      if (b_row != NULL) b = (tsr_depthwise_source){b_row + (at + c), p->in_pixel};
      tsr_depthwise_fill_strip(strip, a, b, from, to);
      strip += shape.pitch;
    }
    const int32_t *quad = layer->weights + (c >> 2) * (4 * channel_words + 1);
    const int32_t *channel = quad + 1 + (c & 2) * channel_words;
    const int32_t last = quad[0] >> (8 * (c & 2));
    int8_t *to_out = out + c;
    tsr_depthwise_strip_words(channel, (int8_t)last, p->offset, shape.kernel, there, zero_point, expand, scratch);
    tsr_depthwise_strip_channel(shape, strips, count_there, scratch, to_out, p->out_pixel, count, 0, five);
    tsr_depthwise_strip_words(channel + channel_words, (int8_t)(last >> 8), p->offset, shape.kernel, there, zero_point,
                              expand, scratch);
    tsr_depthwise_strip_channel(shape, strips, count_there, scratch, to_out + 1, p->out_pixel, count, 1, five);
  }
}

/* A segment. */
TSR_DSP_INLINE void tsr_depthwise_strip_segment(const tsr_depthwise_packed_dsp *layer, tsr_depthwise_strip shape,
                                                const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                                                uint32_t *scratch, tsr_depthwise_weights *expand,
                                                tsr_depthwise_five *five) {
  const tsr_depthwise_packed_dsp_shape *p = layer->shape;
  int32_t count;
  for (int32_t x = 0; x < segment->out_width; x += count) {
    count = tsr_min(segment->out_width - x, shape.outputs);
    tsr_depthwise_strip_outputs(layer, shape, rows, out + x * p->out_pixel, segment->in_width,
                                x * shape.stride - segment->pad_left, count, scratch, expand, five);
  }
  if (p->min == -128 && p->max == 127) return;
  for (int32_t x = 0; x < segment->out_width; ++x) tsr_dsp_clamp(out + x * p->out_pixel, p->channels, p->min, p->max);
}

#endif
