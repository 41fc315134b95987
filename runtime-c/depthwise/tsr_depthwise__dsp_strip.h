/*
 * Depthwise convolutions of 5 x 5 with stride 1 and 7 x 7 with stride 2 on Arm DSP, in rows that are wide enough for
 * it:
 * two channels at a time, whose columns lie in strips (isa/tsr_dsp_strip.h), a strip for two rows.
 */
#ifndef TSR_DEPTHWISE_DSP_STRIP_H
#define TSR_DEPTHWISE_DSP_STRIP_H

#include "tsr_depthwise__dsp.h"
#include "tsr_dsp_strip.h"

/* The kernel's size, and how many outputs are computed at a time. */
typedef struct tsr_depthwise_strip {
  int32_t kernel;
  int32_t stride;
  int32_t group;
  int32_t outputs; /* a multiple of the group */
} tsr_depthwise_strip;

static inline uint32_t tsr_depthwise_two_bytes(const int8_t *from) {
  uint16_t bytes;
  __builtin_memcpy(&bytes, from, sizeof bytes);
  return bytes;
}

/*
 * Fills a strip with two channels of the columns [from, to) of rows a and b, NULL where there is none or it is
 * padding.
 */
static inline void tsr_depthwise_fill_strip(uint32_t *strip, const int8_t *a, const int8_t *b, int32_t from, int32_t to,
                                            int32_t step, uint32_t padding_a, uint32_t padding_b) {
  if (a != NULL && b != NULL) {
    uint32_t *last = strip + to;
    const ptrdiff_t to_b = b - a;
    strip += from;
    if ((to - from) & 1) {
      *strip++ = tsr_dsp_pack(tsr_depthwise_two_bytes(a), tsr_depthwise_two_bytes(b));
      a += step;
    }
    for (; strip != last; strip += 2, a += 2 * step) {
      strip[0] = tsr_dsp_pack(tsr_depthwise_two_bytes(a), tsr_depthwise_two_bytes(a + to_b));
      strip[1] = tsr_dsp_pack(tsr_depthwise_two_bytes(a + step), tsr_depthwise_two_bytes(a + to_b + step));
    }
  } else if (a != NULL) {
    for (int32_t x = from; x < to; ++x, a += step) strip[x] = tsr_depthwise_two_bytes(a) | padding_b;
  } else if (b != NULL) {
    for (int32_t x = from; x < to; ++x, b += step) strip[x] = padding_a | tsr_depthwise_two_bytes(b) << 16;
  } else {
    for (int32_t x = from; x < to; ++x) strip[x] = padding_a | padding_b;
  }
}

/* Begins all sums of a channel, up to `end`. */
static inline void tsr_depthwise_begin_sums(int32_t *sums, const int32_t *end, int32_t group, int32_t bias) {
  while (sums != end) {
    sums[0] = bias;
    sums[1] = bias;
    sums[2] = bias;
    sums[3] = bias;
    sums += tsr_dsp_strip_words;
    sums[-1] = group == tsr_dsp_strip_words ? bias : sums != end;
  }
}

TSR_DSP_INLINE int8_t tsr_depthwise_put(int32_t sum, int32_t multiplier, int32_t offset) {
  return (int8_t)tsr_dsp_half8(tsr_dsp_smmla(sum, multiplier, offset));
}

/* The outputs of one channel, by its sums. */
static inline void tsr_depthwise_put_sums(const int32_t *sums, int32_t group, int32_t count, int32_t multiplier,
                                          int32_t offset, int8_t *out, int32_t step) {
  for (; count >= group; count -= group, sums += tsr_dsp_strip_words) {
    out[0] = tsr_depthwise_put(sums[0], multiplier, offset);
    out[step] = tsr_depthwise_put(sums[1], multiplier, offset);
    out += 2 * step;
    out[0] = tsr_depthwise_put(sums[2], multiplier, offset);
    out[step] = tsr_depthwise_put(sums[3], multiplier, offset);
    out += 2 * step;
    if (group == 4) continue;
    out[0] = tsr_depthwise_put(sums[4], multiplier, offset);
    out += step;
  }
  for (; count > 0; --count, ++sums, out += step) *out = tsr_depthwise_put(*sums, multiplier, offset);
}

/* The weights of a pass as pairs: those of two rows, or of the last row and whatever. */
typedef void tsr_depthwise_weights(const int32_t *packed, int32_t last, int32_t pass, uint32_t *weights);
typedef void tsr_depthwise_pass(const uint32_t *strip, int32_t *sums, const uint32_t *weights, int32_t *end,
                                int32_t odd);

/* `count` outputs, at most so many as the scratch is for, whose first tap is column `first`. */
TSR_DSP_INLINE void tsr_depthwise_strip_outputs(const tsr_depthwise_packed_dsp *p, tsr_depthwise_strip shape,
                                                const int8_t *const *rows, int8_t *out, int32_t in_width, int32_t first,
                                                int32_t count, int32_t *scratch, tsr_depthwise_weights *expand,
                                                tsr_depthwise_pass *pass_of) {
  const int32_t groups = (count + shape.group - 1) / shape.group;
  const int32_t columns = (groups * shape.group - 1) * shape.stride + shape.kernel;
  const int32_t passes = (shape.kernel + 1) / 2;
  const int32_t from = tsr_min(tsr_max(-first, 0), columns);
  const int32_t to = tsr_max(tsr_min(in_width - first, columns), from);
  const int32_t at = (first + from) * p->in_pixel;
  const uint32_t padding = tsr_dsp_four(p->input_zero_point);
  int32_t *end = scratch + groups * tsr_dsp_strip_words;
  uint32_t *strips = (uint32_t *)(end + 1);
  for (int32_t pass = 0; pass < passes; ++pass) {
    const uint32_t both = pass == passes - 1 ? padding & 0xffffu : padding;
    uint32_t *strip = strips + pass * columns;
    for (int32_t x = 0; x < columns; ++x) strip[x] = both;
  }
  /* Bias, multiplier and words of weights of a channel. */
  const int32_t channel_words = 2 + (shape.kernel * shape.kernel - 1) / 4;
  uint32_t weights[7];
  for (int32_t c = 0; c < p->channels; c += 2) {
    for (int32_t pass = 0; pass < passes; ++pass) {
      const int8_t *a = rows[2 * pass];
      const int8_t *b = pass == passes - 1 ? NULL : rows[2 * pass + 1];
      tsr_depthwise_fill_strip(strips + pass * columns, a == NULL ? NULL : a + at + c, b == NULL ? NULL : b + at + c,
                               from,
                               to, p->in_pixel, padding & 0xffffu, pass == passes - 1 ? 0 : padding & 0xffff0000u);
    }
    for (int32_t odd = 0; odd < 2; ++odd) {
      const int32_t quad = c / 4 * (4 * channel_words + 1);
      const int32_t *channel = p->weights + quad + 1 + ((c & 2) + odd) * channel_words;
      const int32_t last = (int8_t)((uint32_t)p->weights[quad] >> (8 * ((c & 2) + odd)));
      tsr_depthwise_begin_sums(scratch, end, shape.group, channel[0]);
      for (int32_t pass = 0; pass < passes; ++pass) {
        expand(channel + 2, last, pass, weights);
        if (odd) pass_of(strips + pass * columns, scratch, weights, end, 1);
        else pass_of(strips + pass * columns, scratch, weights, end, 0);
      }
      tsr_depthwise_put_sums(scratch, shape.group, count, channel[1], p->offset, out + c + odd, p->out_pixel);
    }
  }
}

/* A segment. */
TSR_DSP_INLINE void tsr_depthwise_strip_segment(const tsr_depthwise_packed_dsp *p, tsr_depthwise_strip shape,
                                                const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                                                int32_t *scratch, tsr_depthwise_weights *expand,
                                                tsr_depthwise_pass *pass_of) {
  int32_t count;
  for (int32_t x = 0; x < segment->out_width; x += count) {
    count = tsr_min(segment->out_width - x, shape.outputs);
    tsr_depthwise_strip_outputs(p, shape, rows, out + x * p->out_pixel, segment->in_width,
                                x * shape.stride - segment->pad_left, count, scratch, expand, pass_of);
  }
  if (p->min == -128 && p->max == 127) return;
  for (int32_t x = 0; x < segment->out_width; ++x) tsr_dsp_clamp(out + x * p->out_pixel, p->channels, p->min, p->max);
}

#endif
