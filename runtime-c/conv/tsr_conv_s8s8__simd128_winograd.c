#include "tsr_conv__simd128_winograd.h"
#include "tsr_simd128.h"

/* The inputs of a product, and from those of one product or group of outputs to those of the next. */
enum { winograd_inputs = 384, winograd_pitch = winograd_inputs + 8, winograd_point = 4 * winograd_pitch };

/* t0 to t5 of 8 channels from channel c on, `winograd_point` apart. */
TSR_SIMD_INLINE void winograd_transform(const int8_t *const columns[6], int32_t c, int16_t *to) {
  const v128_t d0 = wasm_i16x8_load8x8(columns[0] + c);
  const v128_t d1 = wasm_i16x8_load8x8(columns[1] + c);
  const v128_t d2 = wasm_i16x8_load8x8(columns[2] + c);
  const v128_t d3 = wasm_i16x8_load8x8(columns[3] + c);
  const v128_t d4 = wasm_i16x8_load8x8(columns[4] + c);
  const v128_t d5 = wasm_i16x8_load8x8(columns[5] + c);
  const v128_t even4 = wasm_i16x8_sub(d4, wasm_i16x8_shl(d2, 2));
  const v128_t odd4 = wasm_i16x8_sub(d3, wasm_i16x8_shl(d1, 2));
  const v128_t even = wasm_i16x8_sub(d4, d2);
  const v128_t odd = wasm_i16x8_sub(d3, d1);
  const v128_t odd2 = wasm_i16x8_add(odd, odd);
  wasm_v128_store(to, wasm_i16x8_add(wasm_i16x8_shl(d0, 2), wasm_i16x8_sub(even4, d2)));
  wasm_v128_store(to + winograd_point, wasm_i16x8_add(even4, odd4));
  wasm_v128_store(to + 2 * winograd_point, wasm_i16x8_sub(even4, odd4));
  wasm_v128_store(to + 3 * winograd_point, wasm_i16x8_add(even, odd2));
  wasm_v128_store(to + 4 * winograd_point, wasm_i16x8_sub(even, odd2));
  wasm_v128_store(to + 5 * winograd_point, wasm_i16x8_sub(wasm_i16x8_sub(d5, d3), wasm_i16x8_shl(odd, 2)));
}

/* The transformed inputs of the 4 outputs whose first tap is column `first`. */
static inline void winograd_gather(const tsr_conv_simd128_winograd *p, const int8_t *const *rows, int32_t in_width,
                                   int32_t first, int16_t *to) {
  const int8_t *columns[6];
  for (int32_t r = 0; r < p->kernel_h; ++r) {
    for (int32_t j = 0; j < 6; ++j) {
      const int32_t column = first + j;
      const int32_t there = rows[r] != NULL && column >= 0 && column < in_width;
      columns[j] = there ? rows[r] + column * p->in_pixel : p->padding;
    }
    for (int32_t c = 0; c < p->in_channels; c += 8) winograd_transform(columns, c, to + c);
    to += p->in_channels;
  }
}

/* sums[i]: those of 8 channels for `groups` groups of outputs, at most 4. */
TSR_SIMD_INLINE void winograd_sums(v128_t sums[4][2], const int16_t *weights, const int16_t *inputs, int32_t pairs,
                                   const int32_t groups) {
  v128_t acc[4][2];
  TSR_SIMD_UNROLL
  for (int32_t i = 0; i < groups; ++i) acc[i][0] = acc[i][1] = wasm_i32x4_splat(0);
  for (int32_t k = 0; k < pairs; ++k) {
    const v128_t low = wasm_v128_load(weights + 16 * k);
    const v128_t high = wasm_v128_load(weights + 16 * k + 8);
    TSR_SIMD_UNROLL
    for (int32_t i = 0; i < groups; ++i) {
      const v128_t pair = wasm_v128_load32_splat(inputs + 2 * k + i * winograd_pitch);
      acc[i][0] = wasm_i32x4_add(acc[i][0], wasm_i32x4_dot_i16x8(pair, low));
      acc[i][1] = wasm_i32x4_add(acc[i][1], wasm_i32x4_dot_i16x8(pair, high));
    }
  }
  TSR_SIMD_UNROLL
  for (int32_t i = 0; i < groups; ++i) {
    sums[i][0] = acc[i][0];
    sums[i][1] = acc[i][1];
  }
}

/* What a group of 4 outputs is made with. */
typedef struct winograd_scale {
  v128_t third; /* pre_scale / 3, modulo 2^32 */
  v128_t bias[2];
  v128_t multipliers[2];
} winograd_scale;

/* The accumulators of 4 neighbouring outputs, pre-scaled, of the 4 channels whose products are m0 to m5. */
TSR_SIMD_INLINE void winograd_outputs(v128_t y[4], const v128_t (*m)[4][2], int32_t i, int32_t half, v128_t third,
                                      v128_t bias) {
  const v128_t six = wasm_i32x4_splat(6);
  const v128_t sum1 = wasm_i32x4_add(m[1][i][half], m[2][i][half]);
  const v128_t difference1 = wasm_i32x4_sub(m[1][i][half], m[2][i][half]);
  const v128_t sum2 = wasm_i32x4_add(m[3][i][half], m[4][i][half]);
  const v128_t difference2 = wasm_i32x4_sub(m[3][i][half], m[4][i][half]);
  const v128_t y0 = wasm_i32x4_sub(wasm_i32x4_add(wasm_i32x4_mul(m[0][i][half], six), sum2), wasm_i32x4_shl(sum1, 2));
  const v128_t y1 = wasm_i32x4_sub(difference2, wasm_i32x4_shl(difference1, 1));
  const v128_t y2 = wasm_i32x4_sub(sum2, sum1);
  const v128_t y3 = wasm_i32x4_add(wasm_i32x4_sub(wasm_i32x4_shl(difference2, 1), difference1),
                                   wasm_i32x4_mul(m[5][i][half], six));
  y[0] = wasm_i32x4_add(wasm_i32x4_shr(wasm_i32x4_mul(y0, third), 3), bias);
  y[1] = wasm_i32x4_add(wasm_i32x4_shr(wasm_i32x4_mul(y1, third), 2), bias);
  y[2] = wasm_i32x4_add(wasm_i32x4_shr(wasm_i32x4_mul(y2, third), 1), bias);
  y[3] = wasm_i32x4_add(wasm_i32x4_shr(wasm_i32x4_mul(y3, third), 1), bias);
}

TSR_SIMD_INLINE v128_t winograd_requantize(v128_t acc, v128_t multipliers, const tsr_simd_range *range) {
  return wasm_i32x4_shr(wasm_i32x4_add(tsr_simd_multiply_high(acc, multipliers), range->offset), range->shift);
}

/* Group i of 4 outputs, of which `count` are wanted. */
TSR_SIMD_INLINE void winograd_finish(int8_t *out, int32_t out_pixel, int32_t count, const v128_t (*m)[4][2], int32_t i,
                                     const winograd_scale *scale, const tsr_simd_range *range) {
  v128_t low[4];
  v128_t high[4];
  winograd_outputs(low, m, i, 0, scale->third, scale->bias[0]);
  winograd_outputs(high, m, i, 1, scale->third, scale->bias[1]);
  TSR_SIMD_UNROLL
  for (int32_t j = 0; j < 4; ++j) {
    low[j] = winograd_requantize(low[j], scale->multipliers[0], range);
    high[j] = winograd_requantize(high[j], scale->multipliers[1], range);
  }
  const v128_t first = tsr_simd_clamp(low[0], high[0], low[1], high[1], range);
  const v128_t second = tsr_simd_clamp(low[2], high[2], low[3], high[3], range);
  wasm_v128_store64_lane(out, first, 0);
  if (count > 1) wasm_v128_store64_lane(out + out_pixel, first, 1);
  if (count > 2) wasm_v128_store64_lane(out + 2 * out_pixel, second, 0);
  if (count > 3) wasm_v128_store64_lane(out + 3 * out_pixel, second, 1);
}

/* `groups` groups of 4 outputs, at most 4 of them; the last has `last` outputs. */
TSR_SIMD_INLINE void winograd_groups(const tsr_conv_simd128_winograd *p, const int8_t *const *rows, int8_t *out,
                                     int32_t in_width, int32_t first, const tsr_simd_range *range, int16_t *inputs,
                                     int32_t last, const int32_t groups) {
  const int32_t pairs = p->kernel_h * p->in_channels / 2;
  for (int32_t i = 0; i < groups; ++i) {
    winograd_gather(p, rows, in_width, first + 4 * i, inputs + i * winograd_pitch);
  }
  const int16_t *weights = p->weights;
  /* 0xAAAAAAAB is the inverse of 3. */
  winograd_scale scale;
  scale.third = wasm_i32x4_splat((int32_t)(0xAAAAAAABu * (uint32_t)p->pre_scale));
  for (int32_t from = 0; from < p->out_channels; from += 8) {
    const int32_t o = tsr_min(from, p->out_channels - 8);
    v128_t m[6][4][2];
    for (int32_t t = 0; t < 6; ++t) {
      winograd_sums(m[t], weights, inputs + t * winograd_point, pairs, groups);
      weights += 16 * pairs;
    }
    for (int32_t half = 0; half < 2; ++half) {
      scale.bias[half] = wasm_v128_load(p->bias + o + 4 * half);
      scale.multipliers[half] = wasm_v128_load(p->multipliers + o + 4 * half);
    }
    for (int32_t i = 0; i < groups; ++i) {
      winograd_finish(out + 4 * i * p->out_pixel + o, p->out_pixel, i + 1 < groups ? 4 : last, m, i, &scale, range);
    }
  }
}

void tsr_conv_s8s8__simd128_winograd(const tsr_conv_simd128_winograd *p, const int8_t *const *rows, int8_t *out,
                                     const tsr_segment *segment, void *scratch) {
  (void)scratch;
  const tsr_simd_range range = tsr_simd_range_of(1, p->offset, p->shift, p->min, p->max);
  int16_t inputs[6 * winograd_point];
  const int32_t in_width = segment->in_width;
  int32_t first = -segment->pad_left;
  int32_t left = segment->out_width;
  for (; left >= 16; left -= 16) {
    winograd_groups(p, rows, out, in_width, first, &range, inputs, 4, 4);
    first += 16;
    out += 16 * p->out_pixel;
  }
  if (left > 12) {
    winograd_groups(p, rows, out, in_width, first, &range, inputs, left - 12, 4);
    return;
  }
  for (; left > 4; left -= 8) {
    winograd_groups(p, rows, out, in_width, first, &range, inputs, tsr_min(left - 4, 4), 2);
    first += 8;
    out += 8 * p->out_pixel;
  }
  if (left > 0) winograd_groups(p, rows, out, in_width, first, &range, inputs, left, 1);
}
