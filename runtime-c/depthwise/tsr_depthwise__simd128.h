/*
 * Depthwise convolution for WebAssembly SIMD: 4 channels in the lanes of a vector, the taps in pairs.
 *
 * rows, out, segment  as tsr_depthwise; at least 4 channels
 * scratch   none
 * weights   [blocks of 4 channels][pairs of taps][4 channels][2], one byte each. Blocks begin at channel 0, 4, 8 ...; the
 *           last one at channels - 4, so that it may repeat channels of the one before. The pairs are those of rows 0 and
 *           1 at each column, of rows 2 and 3, and so on; in a row that is left over, those of columns 0 and 1, 2 and 3
 *           ...; a tap that is left over is paired with a weight of zero
 * padding   [channels]: the input zero point, for rows and columns outside the input
 * Measured in V8 on an x86 machine, 10^9 MACs a second with requantisation: 3 x 3 stride 1: 8 to 10 (the portable kernel in
 * the compiler's own vectors: 2.8), stride 2: 7 to 8 (2.8); 5 x 5: 14; 7 x 7: 14.
 */
#ifndef TSR_DEPTHWISE_SIMD128_H
#define TSR_DEPTHWISE_SIMD128_H

#include "tsr.h"
#include "tsr_simd128.h"

typedef struct tsr_depthwise_simd128 {
  const int8_t *weights;
  const int32_t *bias;        /* [channels] */
  const int32_t *multipliers; /* [channels] */
  const int8_t *padding;
  int32_t pre_scale;
  int32_t offset;
  int32_t shift;
  int32_t min;
  int32_t max;
  int32_t channels;
  int32_t kernel_h;
  int32_t kernel_w;
  int32_t stride_w;
  int32_t dilation_w;
  int32_t in_pixel;
  int32_t out_pixel;
} tsr_depthwise_simd128;

/* Any kernel up to 128 taps, stride and dilation. */
void tsr_depthwise_s8s8__simd128(const tsr_depthwise_simd128 *p, const int8_t *const *rows, int8_t *out,
                                 const tsr_segment *segment, void *scratch);

/* The others: kernels of that width, at most that height, without dilation. */
void tsr_depthwise_s8s8__simd128_3x3(const tsr_depthwise_simd128 *p, const int8_t *const *rows, int8_t *out,
                                     const tsr_segment *segment, void *scratch);
void tsr_depthwise_s8s8__simd128_3x3_stride2(const tsr_depthwise_simd128 *p, const int8_t *const *rows, int8_t *out,
                                             const tsr_segment *segment, void *scratch);
void tsr_depthwise_s8s8__simd128_5x5(const tsr_depthwise_simd128 *p, const int8_t *const *rows, int8_t *out,
                                     const tsr_segment *segment, void *scratch);
void tsr_depthwise_s8s8__simd128_5x5_stride2(const tsr_depthwise_simd128 *p, const int8_t *const *rows, int8_t *out,
                                             const tsr_segment *segment, void *scratch);
void tsr_depthwise_s8s8__simd128_7x7(const tsr_depthwise_simd128 *p, const int8_t *const *rows, int8_t *out,
                                     const tsr_segment *segment, void *scratch);
void tsr_depthwise_s8s8__simd128_7x7_stride2(const tsr_depthwise_simd128 *p, const int8_t *const *rows, int8_t *out,
                                             const tsr_segment *segment, void *scratch);

/* The addresses of `count` columns of each row, `step` apart from column `first` on; what lies outside is padding. */
TSR_SIMD_INLINE void tsr_depthwise_simd_columns(const tsr_depthwise_simd128 *p, const int8_t *const *rows, int32_t in_width,
                                                int32_t first, int32_t step, const int32_t count,
                                                const int8_t **columns) {
  const int32_t inside = first >= 0 && first + (count - 1) * step < in_width;
  for (int32_t r = 0; r < p->kernel_h; ++r) {
    const int8_t *row = rows[r];
    if (row != NULL && inside) {
      const int8_t *at = row + first * p->in_pixel;
      for (int32_t j = 0; j < count; ++j) *columns++ = at + j * step * p->in_pixel;
    } else {
      for (int32_t j = 0; j < count; ++j) {
        const int32_t column = first + j * step;
        const int32_t there = row != NULL && column >= 0 && column < in_width;
        *columns++ = there ? row + column * p->in_pixel : p->padding;
      }
    }
  }
}

/* Channels [c, c + 4) of `pixels` output pixels. `columns`: the addresses of all columns that these need, row by row. */
TSR_SIMD_INLINE void tsr_depthwise_simd_sums(v128_t acc[4], const int8_t *const *columns, const int8_t *weights, int32_t c,
                                             int32_t kernel_h, const int32_t kernel_w, const int32_t stride,
                                             const int32_t pixels) {
  const int32_t width = (pixels - 1) * stride + kernel_w;
  int32_t r = 0;
  for (; r + 2 <= kernel_h; r += 2) {
    v128_t w[7];
    TSR_SIMD_UNROLL
    for (int32_t kx = 0; kx < kernel_w; ++kx) w[kx] = wasm_i16x8_load8x8(weights + 8 * kx);
    TSR_SIMD_UNROLL
    for (int32_t j = 0; j < width; ++j) {
      const v128_t taps = tsr_simd_interleave(wasm_v128_load32_zero(columns[j] + c),
                                              wasm_v128_load32_zero(columns[width + j] + c));
      TSR_SIMD_UNROLL
      for (int32_t i = 0; i < pixels; ++i) {
        const int32_t kx = j - i * stride;
        if (kx >= 0 && kx < kernel_w) acc[i] = wasm_i32x4_add(acc[i], wasm_i32x4_dot_i16x8(taps, w[kx]));
      }
    }
    columns += 2 * width;
    weights += 8 * kernel_w;
  }
  if (r == kernel_h) return;
  v128_t w[4];
  TSR_SIMD_UNROLL
  for (int32_t k = 0; k < (kernel_w + 1) / 2; ++k) w[k] = wasm_i16x8_load8x8(weights + 8 * k);
  TSR_SIMD_UNROLL
  for (int32_t j = 0; j < width; ++j) {
    const int32_t next = j + 1 < width ? j + 1 : j;
    const v128_t taps =
        tsr_simd_interleave(wasm_v128_load32_zero(columns[j] + c), wasm_v128_load32_zero(columns[next] + c));
    TSR_SIMD_UNROLL
    for (int32_t i = 0; i < pixels; ++i) {
      const int32_t kx = j - i * stride;
      if (kx >= 0 && kx < kernel_w && kx % 2 == 0) {
        acc[i] = wasm_i32x4_add(acc[i], wasm_i32x4_dot_i16x8(taps, w[kx / 2]));
      }
    }
  }
}

/* The next `pixels` output pixels, at most 4; the first of them has its first tap in column `first`. */
TSR_SIMD_INLINE void tsr_depthwise_simd_pixels(const tsr_depthwise_simd128 *p, const int8_t *const *rows, int8_t *out,
                                               int32_t in_width, int32_t first, const tsr_simd_range *range,
                                               const int8_t **columns, const int32_t kernel_w, const int32_t stride,
                                               const int32_t pixels) {
  tsr_depthwise_simd_columns(p, rows, in_width, first, 1, (pixels - 1) * stride + kernel_w, columns);
  const int32_t pairs = (p->kernel_h * kernel_w + 1) / 2;
  const int8_t *weights = p->weights;
  for (int32_t from = 0; from < p->channels; from += 4) {
    const int32_t c = tsr_min(from, p->channels - 4);
    v128_t acc[4];
    const v128_t bias = wasm_v128_load(p->bias + c);
    TSR_SIMD_UNROLL
    for (int32_t i = 0; i < pixels; ++i) acc[i] = bias;
    tsr_depthwise_simd_sums(acc, columns, weights, c, p->kernel_h, kernel_w, stride, pixels);
    weights += 8 * pairs;
    const v128_t multipliers = wasm_v128_load(p->multipliers + c);
    TSR_SIMD_UNROLL
    for (int32_t i = 0; i < pixels; ++i) acc[i] = tsr_simd_scale(acc[i], multipliers, range);
    const v128_t bytes = tsr_simd_clamp(acc[0], acc[pixels > 1 ? 1 : 0], acc[pixels > 2 ? 2 : 0],
                                        acc[pixels > 3 ? 3 : 0], range);
    int8_t *to = out + c;
    wasm_v128_store32_lane(to, bytes, 0);
    if (pixels > 1) wasm_v128_store32_lane(to + p->out_pixel, bytes, 1);
    if (pixels > 2) {
      wasm_v128_store32_lane(to + 2 * p->out_pixel, bytes, 2);
      wasm_v128_store32_lane(to + 3 * p->out_pixel, bytes, 3);
    }
  }
}

/* A whole call, for a width and a stride that are constants where this is inlined. */
TSR_SIMD_INLINE void tsr_depthwise_simd_row(const tsr_depthwise_simd128 *p, const int8_t *const *rows, int8_t *out,
                                            const tsr_segment *segment, const int32_t kernel_w, const int32_t stride) {
  const tsr_simd_range range = tsr_simd_range_of(p->pre_scale, p->offset, p->shift, p->min, p->max);
  const int8_t *columns[7 * 13];
  const int32_t in_width = segment->in_width;
  int32_t first = -segment->pad_left;
  int32_t left = segment->out_width;
  for (; left >= 4; left -= 4) {
    tsr_depthwise_simd_pixels(p, rows, out, in_width, first, &range, columns, kernel_w, stride, 4);
    first += 4 * stride;
    out += 4 * p->out_pixel;
  }
  if (left >= 2) {
    tsr_depthwise_simd_pixels(p, rows, out, in_width, first, &range, columns, kernel_w, stride, 2);
    first += 2 * stride;
    out += 2 * p->out_pixel;
    left -= 2;
  }
  if (left > 0) tsr_depthwise_simd_pixels(p, rows, out, in_width, first, &range, columns, kernel_w, stride, 1);
}

#endif
