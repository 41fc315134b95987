/*
 * Convolution for WebAssembly SIMD: 8 output channels in the lanes of two vectors, pairs of inputs splat over them.
 *
 * rows, out, segment  as tsr_conv; no groups, and at least 8 output channels
 * scratch     none; the inputs of 4 pixels are widened on the stack, at most 1024 of each pixel at a time: 8 KB
 * weights     [blocks of 8 output channels][pairs of inputs][8 channels][2], one byte each. The inputs of an output are
 *             [kernel_h][kernel_w][in_channels]; one that is left over of a row of the kernel (in tsr_conv_s8s8__simd128_deep:
 *             of all of them) is paired with weights of zero. Blocks begin at channel 0, 8, 16 ...; the last one at
 *             out_channels - 8, so that it may repeat channels
 * bias, ranges  as tsr_conv
 * Measured in V8 on an x86 machine, 10^9 MACs a second with requantisation: 1 x 1, 64 -> 64: 28 (the portable kernel in the
 * compiler's own vectors: 4); 16 -> 96: 21; 3 x 3 stride 2, 16 -> 32: 32 (2.9). At most 39 without requantisation.
 */
#ifndef TSR_CONV_SIMD128_H
#define TSR_CONV_SIMD128_H

#include "tsr.h"
#include "tsr_simd128.h"

typedef struct tsr_conv_simd128 {
  const int8_t *weights;
  const int32_t *bias;        /* [out_channels] */
  const int32_t *multipliers; /* [out_channels] */
  int32_t pre_scale;
  int32_t offset;
  int32_t shift;
  int32_t min;
  int32_t max;
  int32_t input_zero_point;
  int32_t in_channels;
  int32_t out_channels;
  int32_t kernel_h;
  int32_t kernel_w;
  int32_t stride_w;
  int32_t dilation_w;
  int32_t in_pixel;
  int32_t out_pixel;
} tsr_conv_simd128;

/* At most 1024 inputs an output, rows of an odd number rounded up. */
void tsr_conv_s8s8__simd128(const tsr_conv_simd128 *p, const int8_t *const *rows, int8_t *out,
                            const tsr_segment *segment, void *scratch);

/* Any number of inputs: they are gathered again for each block of channels. */
void tsr_conv_s8s8__simd128_deep(const tsr_conv_simd128 *p, const int8_t *const *rows, int8_t *out,
                                 const tsr_segment *segment, void *scratch);

/* Inputs of a pixel that are widened at a time, and from one pixel's to the next: caches dislike powers of two. */
enum { tsr_conv_simd_chunk = 1024, tsr_conv_simd_pitch = 1024 + 16 };

/*
 * Bytes as 16-bit numbers, by pairs; an odd number of them with a zero behind it. No two stores touch the same pair: a
 * processor takes long to read a pair that came from two.
 */
TSR_SIMD_INLINE void tsr_conv_simd_widen(int16_t *to, const int8_t *from, int32_t count) {
  int32_t i = 0;
  for (; i + 8 <= count; i += 8) wasm_v128_store(to + i, wasm_i16x8_load8x8(from + i));
  if (i + 4 <= count) {
    wasm_v128_store64_lane(to + i, wasm_i16x8_extend_low_i8x16(wasm_v128_load32_zero(from + i)), 0);
    i += 4;
  }
  for (; i < count; i += 2) {
    const uint32_t second = i + 1 < count ? (uint16_t)from[i + 1] : 0u;
    tsr_simd_store_word(to + i, second << 16 | (uint16_t)from[i]);
  }
}

TSR_SIMD_INLINE void tsr_conv_simd_fill(int16_t *to, int32_t value, int32_t count) {
  for (int32_t i = 0; i < count; ++i) to[i] = (int16_t)value;
}

/* The inputs of the output pixel whose first tap is column `first`: kernel_h rows of `row_inputs`, rounded up to pairs. */
TSR_SIMD_INLINE void tsr_conv_simd_gather(const tsr_conv_simd128 *p, const int8_t *const *rows, int32_t in_width,
                                          int32_t first, int32_t row_inputs, int16_t *to) {
  /* Runs of taps that lie one behind the other: whole rows of the kernel, or single taps. */
  const int32_t joined = p->kernel_w == 1 || (p->dilation_w == 1 && p->in_pixel == p->in_channels);
  const int32_t begin = tsr_min(tsr_max(-first, 0), p->kernel_w) * p->in_channels;
  const int32_t end = tsr_max(tsr_min(in_width - first, p->kernel_w) * p->in_channels, begin);
  for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
    if (rows[ky] == NULL || (joined && begin == end)) {
      tsr_conv_simd_fill(to, p->input_zero_point, row_inputs);
    } else if (joined) {
      if (begin > 0) tsr_conv_simd_fill(to, p->input_zero_point, begin);
      tsr_conv_simd_widen(to + begin, rows[ky] + first * p->in_pixel + begin, end - begin);
      if (end < row_inputs) tsr_conv_simd_fill(to + end, p->input_zero_point, row_inputs - end);
    } else {
      for (int32_t kx = 0; kx < p->kernel_w; ++kx) {
        const int32_t column = first + kx * p->dilation_w;
        if (column < 0 || column >= in_width) {
          tsr_conv_simd_fill(to + kx * p->in_channels, p->input_zero_point, p->in_channels);
        } else {
          tsr_conv_simd_widen(to + kx * p->in_channels, rows[ky] + column * p->in_pixel, p->in_channels);
        }
      }
    }
    to += row_inputs + (row_inputs & 1);
  }
}

/* acc[i] += sums over `pairs` pairs of inputs, for `pixels` pixels and 8 channels. */
TSR_SIMD_INLINE void tsr_conv_simd_sums(v128_t acc[4][2], const int8_t *weights, const int16_t *inputs, int32_t pairs,
                                        const int32_t pixels) {
  for (int32_t k = 0; k < pairs; ++k) {
    const v128_t low = wasm_i16x8_load8x8(weights + 16 * k);
    const v128_t high = wasm_i16x8_load8x8(weights + 16 * k + 8);
    TSR_SIMD_UNROLL
    for (int32_t i = 0; i < pixels; ++i) {
      const v128_t pair = wasm_v128_load32_splat(inputs + 2 * k + i * tsr_conv_simd_pitch);
      acc[i][0] = wasm_i32x4_add(acc[i][0], wasm_i32x4_dot_i16x8(pair, low));
      acc[i][1] = wasm_i32x4_add(acc[i][1], wasm_i32x4_dot_i16x8(pair, high));
    }
  }
}

/* The sums of 8 channels from channel o on, of `pixels` pixels, as output steps. */
TSR_SIMD_INLINE void tsr_conv_simd_finish(const tsr_conv_simd128 *p, v128_t acc[4][2], int8_t *out, int32_t o,
                                          const tsr_simd_range *range, const int32_t pixels) {
  const v128_t low = wasm_v128_load(p->multipliers + o);
  const v128_t high = wasm_v128_load(p->multipliers + o + 4);
  int8_t *to = out + o;
  TSR_SIMD_UNROLL
  for (int32_t i = 0; i < pixels; i += 2) {
    const int32_t j = i + 1 < pixels ? i + 1 : i;
    const v128_t bytes =
        tsr_simd_clamp(tsr_simd_scale(acc[i][0], low, range), tsr_simd_scale(acc[i][1], high, range),
                       tsr_simd_scale(acc[j][0], low, range), tsr_simd_scale(acc[j][1], high, range), range);
    wasm_v128_store64_lane(to, bytes, 0);
    to += p->out_pixel;
    if (j > i) wasm_v128_store64_lane(to, bytes, 1);
    to += p->out_pixel;
  }
}

TSR_SIMD_INLINE void tsr_conv_simd_start(v128_t acc[4][2], const int32_t *bias, const int32_t pixels) {
  TSR_SIMD_UNROLL
  for (int32_t i = 0; i < pixels; ++i) {
    acc[i][0] = wasm_v128_load(bias);
    acc[i][1] = wasm_v128_load(bias + 4);
  }
}

#endif
