/*
 * What the convolutions for Arm DSP share, whatever the shift of their requantisation is: how activations are expanded.
 *
 * Per group of 4, 2 or 1 pixels: the activations that they need are expanded to int16 in the scratch, then all output
 * channels run over them. The weights stream through once a group (twice for 4 pixels).
 */
#ifndef TSR_CONV__DSP_BODY_H
#define TSR_CONV__DSP_BODY_H

#include "tsr_conv__dsp.h"

#include "tsr_dsp.h"
#include "tsr_dsp_dot.h"

/* One call of the kernel, and how far it has come. */
typedef struct conv_dsp_call {
  const tsr_conv_dsp_shape *p;
  const int8_t *const *rows;
  int32_t in_width;
  int32_t first;         /* column of the first tap of the next output pixel */
  int32_t left;          /* output pixels that are still to be computed */
  int8_t *out;           /* the next of them */
  uint32_t *activations; /* expanded */
  int32_t plain;         /* whether every output pixel needs one input pixel, which is there, of channels in fours */
} conv_dsp_call;

/*
 * Columns [first, first + columns) of a row, with padding as bytes, one pixel behind the other: in the window, which
 * stands behind the activations.
 */
TSR_DSP_SELDOM const int8_t *conv_dsp_window(const conv_dsp_call *call, const int8_t *row, int32_t columns,
                                             int8_t *to) {
  const int8_t *const window = to;
  const int32_t channels = call->p->in_channels;
  const int32_t in_pixel = call->p->in_pixel;
  const int32_t zero_point = call->p->input_zero_point;
  const int32_t first = call->first;
  const int32_t from = tsr_max(first, 0);
  const int32_t end = tsr_min(first + columns, call->in_width);
  if (row == NULL || end <= from) {
    tsr_dsp_fill(to, zero_point, columns * channels);
    return window;
  }
  const int32_t before = from - first;
  if (before > 0) tsr_dsp_fill(to, zero_point, before * channels);
  if (in_pixel == channels) {
    tsr_dsp_copy(to + before * channels, row + from * channels, (end - from) * channels);
  } else {
    for (int32_t x = from; x < end; ++x) tsr_dsp_copy(to + (x - first) * channels, row + x * in_pixel, channels);
  }
  const int32_t done = before + end - from;
  if (done < columns) tsr_dsp_fill(to + done * channels, zero_point, (columns - done) * channels);
  return window;
}

/* Expands a run of quads of 4, 2 or 1 pixels, `step` bytes apart. Gives where the next goes. */
TSR_DSP_INLINE uint32_t *conv_dsp_expand_quads(const int8_t *from, int32_t step, int32_t quads, uint32_t *to,
                                               const int32_t pixels) {
  const int8_t *a = from;
  const int8_t *const end = a + 4 * quads;
  if (pixels == 1) {
    for (const int8_t *const fours = a + 16 * (quads >> 2); a != fours; a += 16, to += 8) {
      const uint32_t u = tsr_dsp_load(a);
      const uint32_t v = tsr_dsp_load(a + 4);
      const uint32_t x = tsr_dsp_load(a + 8);
      const uint32_t y = tsr_dsp_load(a + 12);
      tsr_dsp_store_two(to, tsr_dsp_sxtb16(u), tsr_dsp_sxtb16_odd(u));
      tsr_dsp_store_two(to + 2, tsr_dsp_sxtb16(v), tsr_dsp_sxtb16_odd(v));
      tsr_dsp_store_two(to + 4, tsr_dsp_sxtb16(x), tsr_dsp_sxtb16_odd(x));
      tsr_dsp_store_two(to + 6, tsr_dsp_sxtb16(y), tsr_dsp_sxtb16_odd(y));
    }
    for (; a != end; a += 4, to += 2) {
      const uint32_t u = tsr_dsp_load(a);
      tsr_dsp_store_two(to, tsr_dsp_sxtb16(u), tsr_dsp_sxtb16_odd(u));
    }
    return to;
  }
  const int8_t *b = a + step;
  const int8_t *c = b + step;
  const int8_t *d = c + step;
  while (a != end) {
    const uint32_t u = tsr_dsp_load(a);
    const uint32_t v = tsr_dsp_load(b);
    tsr_dsp_store_two(to, tsr_dsp_sxtb16(u), tsr_dsp_sxtb16(v));
    if (pixels == 4) {
      const uint32_t x = tsr_dsp_load(c);
      const uint32_t y = tsr_dsp_load(d);
      tsr_dsp_store_two(to + 2, tsr_dsp_sxtb16(x), tsr_dsp_sxtb16(y));
      tsr_dsp_store_two(to + 4, tsr_dsp_sxtb16_odd(u), tsr_dsp_sxtb16_odd(v));
      tsr_dsp_store_two(to + 6, tsr_dsp_sxtb16_odd(x), tsr_dsp_sxtb16_odd(y));
      c += 4;
      d += 4;
    } else {
      tsr_dsp_store_two(to + 2, tsr_dsp_sxtb16_odd(u), tsr_dsp_sxtb16_odd(v));
    }
    a += 4;
    b += 4;
    to += 2 * pixels;
  }
  return to;
}

/* Puts a tap of every pixel in the lower (0) or upper (1) halves of a pair. */
TSR_DSP_INLINE void conv_dsp_expand_tap(const int8_t *from, int32_t step, uint32_t *to, int32_t half,
                                        const int32_t pixels) {
  int8_t *bytes = (int8_t *)to + 2 * half;
  tsr_dsp_store16(bytes, from[0]);
  if (pixels > 1) tsr_dsp_store16(bytes + 4, from[step]);
  if (pixels > 2) {
    tsr_dsp_store16(bytes + 8, from[2 * step]);
    tsr_dsp_store16(bytes + 12, from[3 * step]);
  }
}

/*
 * Expands what is left of a run behind its quads: 1 to 3 taps. An odd tap stands in the lower halves of a pair of which
 * the odd tap of the next run takes the upper ones: `odd` says where, NULL where none waits.
 */
TSR_DSP_INLINE uint32_t *conv_dsp_expand_rest(const int8_t *taps, int32_t step, int32_t rest, uint32_t *to,
                                              uint32_t **odd, const int32_t pixels) {
  if (rest >= 2) {
    conv_dsp_expand_tap(taps, step, to, 0, pixels);
    conv_dsp_expand_tap(taps + rest - 1, step, to, 1, pixels);
    to += pixels;
  }
  if (rest == 2) return to;
  taps += rest >> 1;
  if (*odd == NULL) {
    conv_dsp_expand_tap(taps, step, to, 0, pixels);
    *odd = to;
    return to + pixels;
  }
  conv_dsp_expand_tap(taps, step, *odd, 1, pixels);
  *odd = NULL;
  return to;
}

/* The expansion of three rows of nine taps, the commonest first layer, pixel by pixel; in the order of the others. */
TSR_DSP_INLINE void conv_dsp_expand_3x9(const int8_t *const *rows, int32_t at, int32_t step, uint32_t *to,
                                        const int32_t pixels) {
  const int8_t *r0 = rows[0] + at;
  const int8_t *r1 = rows[1] + at;
  const int8_t *r2 = rows[2] + at;
  uint32_t *const end = to + pixels;
  for (; to != end; ++to, r0 += step, r1 += step, r2 += step) {
    uint32_t a = tsr_dsp_load(r0);
    uint32_t b = tsr_dsp_load(r0 + 4);
    to[0] = tsr_dsp_sxtb16(a);
    to[pixels] = tsr_dsp_sxtb16_odd(a);
    to[2 * pixels] = tsr_dsp_sxtb16(b);
    to[3 * pixels] = tsr_dsp_sxtb16_odd(b);
    to[4 * pixels] = tsr_dsp_pack((uint32_t)r0[8], (uint32_t)r1[8]);
    a = tsr_dsp_load(r1);
    b = tsr_dsp_load(r1 + 4);
    to[5 * pixels] = tsr_dsp_sxtb16(a);
    to[6 * pixels] = tsr_dsp_sxtb16_odd(a);
    to[7 * pixels] = tsr_dsp_sxtb16(b);
    to[8 * pixels] = tsr_dsp_sxtb16_odd(b);
    a = tsr_dsp_load(r2);
    b = tsr_dsp_load(r2 + 4);
    to[9 * pixels] = tsr_dsp_sxtb16(a);
    to[10 * pixels] = tsr_dsp_sxtb16_odd(a);
    to[11 * pixels] = tsr_dsp_sxtb16(b);
    to[12 * pixels] = tsr_dsp_sxtb16_odd(b);
    to[13 * pixels] = (uint32_t)r2[8];
  }
}

/* One row of the kernel, of whole quads of channels, where some columns or the whole row (NULL) are padding. */
TSR_DSP_CALL uint32_t *conv_dsp_expand_padded(const conv_dsp_call *call, const int8_t *row, uint32_t *to,
                                              int32_t pixels) {
  const tsr_conv_dsp_shape *p = call->p;
  const uint32_t padding = tsr_dsp_sxtb16(tsr_dsp_four(p->input_zero_point));
  const int32_t channels = p->in_channels;
  int32_t column = call->first;
  for (int32_t i = 0; i < pixels; ++i, column += p->stride_w) {
    uint32_t *t = to + i;
    int32_t x = column;
    for (int32_t kx = 0; kx < p->kernel_w; ++kx, x += p->dilation_w) {
      uint32_t *const end = t + (channels >> 1) * pixels;
      if (row == NULL || x < 0 || x >= call->in_width) {
        for (; t != end; t += 2 * pixels) {
          t[0] = padding;
          t[pixels] = padding;
        }
      } else {
        for (const int8_t *from = row + x * p->in_pixel; t != end; t += 2 * pixels, from += 4) {
          const uint32_t u = tsr_dsp_load(from);
          t[0] = tsr_dsp_sxtb16(u);
          t[pixels] = tsr_dsp_sxtb16_odd(u);
        }
      }
    }
  }
  return to + (channels >> 1) * p->kernel_w * pixels;
}

/* Expands everything that the next output pixels need. */
TSR_DSP_INLINE void conv_dsp_expand(const conv_dsp_call *call, const int32_t pixels) {
  const tsr_conv_dsp_shape *p = call->p;
  const int8_t *const *row = call->rows;
  const int32_t first = call->first;
  const int32_t columns = (pixels - 1) * p->stride_w + p->reach;
  const int inside = first >= 0 && first + columns <= call->in_width;
  uint32_t *to = call->activations;
  if (p->kernel_h == 3 && p->run_bytes == 9 && p->runs == 1 && inside && row[0] && row[1] && row[2]) {
    conv_dsp_expand_3x9(row, first * p->in_pixel, p->stride_w * p->in_pixel, to, pixels);
    return;
  }
  const int32_t quads = p->run_bytes >> 2;
  const int32_t rest = p->run_bytes & 3;
  const int8_t *const *const row_end = row + p->kernel_h;
  if (pixels == 1 && inside && rest == 0 && p->runs == 1) {
    const int32_t at = first * p->in_pixel;
    for (; row != row_end && *row != NULL; ++row) to = conv_dsp_expand_quads(*row + at, 0, quads, to, 1);
    if (row == row_end) return;
  }
  uint32_t *odd = NULL;
  do {
    const int8_t *from = *row;
    int32_t pixel = p->in_pixel;
    if (inside && from != NULL) {
      from += first * pixel;
    } else if (p->form != tsr_conv_dsp_window) {
      to = conv_dsp_expand_padded(call, from, to, pixels);
      continue;
    } else {
      from = conv_dsp_window(call, from, columns, (int8_t *)(call->activations + pixels * p->pairs));
      pixel = p->in_channels;
    }
    const int32_t step = p->stride_w * pixel;
    int32_t run = p->runs;
    for (;;) {
      to = conv_dsp_expand_quads(from, step, quads, to, pixels);
      if (rest > 0) to = conv_dsp_expand_rest(from + 4 * quads, step, rest, to, &odd, pixels);
      if (--run == 0) break;
      from += p->dilation_w * pixel;
    }
  } while (++row != row_end);
}

TSR_DSP_CALL void conv_dsp_expand4(const conv_dsp_call *call) { conv_dsp_expand(call, 4); }
TSR_DSP_CALL void conv_dsp_expand2(const conv_dsp_call *call) { conv_dsp_expand(call, 2); }
TSR_DSP_CALL void conv_dsp_expand1(const conv_dsp_call *call) { conv_dsp_expand(call, 1); }

/* Expands what the next output pixels need. */
TSR_DSP_INLINE void conv_dsp_expand_pixels(const conv_dsp_call *call, int32_t pixels) {
  if (call->plain) {
    const tsr_conv_dsp_shape *p = call->p;
    const int8_t *from = call->rows[0] + call->first * p->in_pixel;
    const int32_t step = p->stride_w * p->in_pixel;
    const int32_t quads = p->in_channels >> 2;
    if (pixels == 4) conv_dsp_expand_quads(from, step, quads, call->activations, 4);
    else if (pixels == 2) conv_dsp_expand_quads(from, step, quads, call->activations, 2);
    else conv_dsp_expand_quads(from, step, quads, call->activations, 1);
  } else if (pixels == 4) {
    conv_dsp_expand4(call);
  } else if (pixels == 2) {
    conv_dsp_expand2(call);
  } else {
    conv_dsp_expand1(call);
  }
}

#endif
