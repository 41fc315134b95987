#include "tsr_depthwise__mve.h"

enum { depthwise_mve_taps = 49 };

/* Sums as outputs that are not yet limited: `there` channels, whose biases and multipliers come next in the stream. */
static inline tsr_mve_s32 depthwise_mve_scale(const tsr_depthwise_mve_shape *p, tsr_mve_s32 sums, const int32_t *stream,
                                              int32_t there) {
  const tsr_mve_s32 bias = there == 4 ? tsr_mve_load_s32(stream) : tsr_mve_load_part_s32(stream, there);
  const tsr_mve_s32 halves =
      there == 4 ? tsr_mve_load_s32(stream + there) : tsr_mve_load_part_s32(stream + there, there);
  return tsr_mve_shift_right(tsr_mve_double_multiply_high_add(tsr_mve_add_s32(sums, bias), halves, p->offset), p->shift);
}

/* Limits sixteen outputs and stores `lanes` of them. */
static inline void depthwise_mve_store(const tsr_depthwise_mve_shape *p, tsr_mve_s8 y, int8_t *out, int32_t lanes) {
  y = tsr_mve_min_s8(tsr_mve_max_s8(y, tsr_mve_all_s8(p->min)), tsr_mve_all_s8(p->max));
  if (lanes == 16) {
    tsr_mve_store_s8(out, y);
  } else {
    tsr_mve_store_part_s8(out, y, lanes);
  }
}

/*
 * The outputs of sixteen channels from c on. taps: where the pixels under the window lie. Not inlined: frames of both
 * ways together are too much stack.
 */
static __attribute__((noinline)) void depthwise_mve_full(const tsr_depthwise_mve *layer, const int8_t *const *taps,
                                                         int32_t count, int32_t c, int8_t *out) {
  const tsr_depthwise_mve_shape *p = layer->shape;
  const int8_t *const weights = (const int8_t *)(layer->weights + 2 * p->channels);
  int32_t sums[16];
  tsr_mve_depthwise_taps(sums, taps, c, weights + c * count, count);
  const int32_t *stream = layer->weights + 2 * c;
  const tsr_mve_s32 y0 = depthwise_mve_scale(p, tsr_mve_load_s32(sums), stream, 4);
  const tsr_mve_s32 y1 = depthwise_mve_scale(p, tsr_mve_load_s32(sums + 4), stream + 8, 4);
  const tsr_mve_s32 y2 = depthwise_mve_scale(p, tsr_mve_load_s32(sums + 8), stream + 16, 4);
  const tsr_mve_s32 y3 = depthwise_mve_scale(p, tsr_mve_load_s32(sums + 12), stream + 24, 4);
  depthwise_mve_store(p, tsr_mve_narrow(y0, y1, y2, y3), out + c, 16);
}

/* The same of fewer channels: `lanes`. */
static __attribute__((noinline)) void depthwise_mve_rest(const tsr_depthwise_mve *layer, const int8_t *const *taps,
                                                         int32_t count, int32_t c, int32_t lanes, int8_t *out) {
  const tsr_depthwise_mve_shape *p = layer->shape;
  const int8_t *weights = (const int8_t *)(layer->weights + 2 * p->channels) + c * count;
  const int32_t *stream = layer->weights + 2 * c;
  tsr_mve_s32 sums[4];
  for (int32_t k = 0; k < 4; ++k) sums[k] = tsr_mve_all_s32(0);
  for (int32_t tap = 0; tap < count; ++tap, weights += lanes) {
    const tsr_mve_s8 a = tsr_mve_load_part_s8(taps[tap] + c, lanes);
    const tsr_mve_s8 w = tsr_mve_load_part_s8(weights, lanes);
    const tsr_mve_s16 even = tsr_mve_multiply_even_s8(a, w);
    const tsr_mve_s16 odd = tsr_mve_multiply_odd_s8(a, w);
    sums[0] = tsr_mve_add_s32(sums[0], tsr_mve_even_s16(even));
    sums[1] = tsr_mve_add_s32(sums[1], tsr_mve_odd_s16(even));
    sums[2] = tsr_mve_add_s32(sums[2], tsr_mve_even_s16(odd));
    sums[3] = tsr_mve_add_s32(sums[3], tsr_mve_odd_s16(odd));
  }
  for (int32_t k = 0; k < 4; ++k) {
    /* Every fourth channel from 0, 2, 1 or 3 on. */
    const int32_t from = k == 1 ? 2 : k == 2 ? 1 : k;
    const int32_t there = tsr_max(0, (lanes - from + 3) / 4);
    sums[k] = depthwise_mve_scale(p, sums[k], stream, there);
    stream += 2 * there;
  }
  depthwise_mve_store(p, tsr_mve_narrow(sums[0], sums[1], sums[2], sums[3]), out + c, lanes);
}

/*
 * Where the pixels lie under the window whose first column is `first`: zeros outside the input. Not inlined, so that its
 * frame is not there while they are multiplied.
 */
static __attribute__((noinline)) void depthwise_mve_taps_of(const tsr_depthwise_mve_shape *p, const int8_t *const *rows,
                                                            int32_t in_width, int32_t first, const int8_t *zeros,
                                                            const int8_t **tap) {
  const int32_t whole = first >= 0 && first + (p->kernel_w - 1) * p->dilation_w < in_width;
  for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
    if (whole && rows[ky] != NULL) {
      const int8_t *pixel = rows[ky] + first * p->in_pixel;
      const int32_t step = p->dilation_w * p->in_pixel;
      for (int32_t kx = p->kernel_w; kx > 0; --kx, pixel += step) *tap++ = pixel;
      continue;
    }
    for (int32_t kx = 0; kx < p->kernel_w; ++kx) {
      const int32_t column = first + kx * p->dilation_w;
      const int32_t inside = rows[ky] != NULL && column >= 0 && column < in_width;
      *tap++ = inside ? rows[ky] + column * p->in_pixel : zeros;
    }
  }
}

void tsr_depthwise_s8s8__mve(const tsr_depthwise_mve *layer, const int8_t *const *rows, int8_t *out,
                             const tsr_segment *segment, void *scratch) {
  const tsr_depthwise_mve_shape *p = layer->shape;
  int8_t *zeros = scratch;
  const int8_t *taps[depthwise_mve_taps];
  const int32_t count = p->kernel_h * p->kernel_w;
  for (int32_t i = 0; i < p->channels; i += 16) {
    tsr_mve_store_part_s8(zeros + i, tsr_mve_all_s8(p->input_zero_point), tsr_min(16, p->channels - i));
  }
  for (int32_t x = 0; x < segment->out_width; ++x, out += p->out_pixel) {
    depthwise_mve_taps_of(p, rows, segment->in_width, x * p->stride_w - segment->pad_left, zeros, taps);
    int32_t c = 0;
    for (; c + 16 <= p->channels; c += 16) depthwise_mve_full(layer, taps, count, c, out);
    if (c < p->channels) depthwise_mve_rest(layer, taps, count, c, p->channels - c, out);
  }
}
