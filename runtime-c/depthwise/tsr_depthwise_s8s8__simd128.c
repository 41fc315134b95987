#include "tsr_depthwise__simd128.h"

enum { depthwise_simd_taps = 128 };

/* acc += channels [c, c + 4) of taps[0] and taps[step], and so on: `pairs` of them, `next` apart. */
TSR_SIMD_INLINE v128_t depthwise_simd_pairs(v128_t acc, const int8_t *const *taps, int32_t step, int32_t next,
                                            int32_t pairs, const int8_t *weights, int32_t c) {
  for (int32_t i = 0; i < pairs; ++i) {
    const int8_t *const *pair = taps + i * next;
    const v128_t inputs =
        tsr_simd_interleave(wasm_v128_load32_zero(pair[0] + c), wasm_v128_load32_zero(pair[step] + c));
    acc = wasm_i32x4_add(acc, wasm_i32x4_dot_i16x8(inputs, wasm_i16x8_load8x8(weights + 8 * i)));
  }
  return acc;
}

void tsr_depthwise_s8s8__simd128(const tsr_depthwise_simd128 *p, const int8_t *const *rows, int8_t *out,
                                 const tsr_segment *segment, void *scratch) {
  (void)scratch;
  const tsr_simd_range range = tsr_simd_range_of(p->pre_scale, p->offset, p->shift, p->min, p->max);
  const int8_t *columns[depthwise_simd_taps + 1];
  const int32_t kernel_w = p->kernel_w;
  const int32_t odd_row = p->kernel_h % 2;
  for (int32_t x = 0; x < segment->out_width; ++x) {
    tsr_depthwise_simd_columns(p, rows, segment->in_width, x * p->stride_w - segment->pad_left, p->dilation_w, kernel_w,
                               columns);
    /* The partner of a last tap that is left over: its weight is zero. */
    columns[p->kernel_h * kernel_w] = p->padding;
    const int8_t *weights = p->weights;
    for (int32_t from = 0; from < p->channels; from += 4) {
      const int32_t c = tsr_min(from, p->channels - 4);
      const int8_t *const *taps = columns;
      v128_t acc = wasm_v128_load(p->bias + c);
      for (int32_t r = 0; r + 2 <= p->kernel_h; r += 2) {
        acc = depthwise_simd_pairs(acc, taps, kernel_w, 1, kernel_w, weights, c);
        taps += 2 * kernel_w;
        weights += 8 * kernel_w;
      }
      if (odd_row) {
        const int32_t pairs = (kernel_w + 1) / 2;
        acc = depthwise_simd_pairs(acc, taps, 1, 2, pairs, weights, c);
        weights += 8 * pairs;
      }
      acc = tsr_simd_scale(acc, wasm_v128_load(p->multipliers + c), &range);
      const v128_t bytes = tsr_simd_clamp(acc, acc, acc, acc, &range);
      wasm_v128_store32_lane(out + c, bytes, 0);
    }
    out += p->out_pixel;
  }
}
