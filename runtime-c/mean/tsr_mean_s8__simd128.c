#include "tsr_mean__simd128.h"

/* sums[0..8) += channels of `pixels` pixels; a vector of 16-bit sums holds 256 of them. */
TSR_SIMD_INLINE void mean_simd_eight(int32_t *sums, const int8_t *from, int32_t in_pixel, int32_t pixels) {
  v128_t low = wasm_v128_load(sums);
  v128_t high = wasm_v128_load(sums + 4);
  while (pixels > 0) {
    v128_t part = wasm_i16x8_splat(0);
    const int32_t count = tsr_min(pixels, 256);
    for (int32_t i = 0; i < count; ++i) part = wasm_i16x8_add(part, wasm_i16x8_load8x8(from + i * in_pixel));
    low = wasm_i32x4_add(low, wasm_i32x4_extend_low_i16x8(part));
    high = wasm_i32x4_add(high, wasm_i32x4_extend_high_i16x8(part));
    from += count * in_pixel;
    pixels -= count;
  }
  wasm_v128_store(sums, low);
  wasm_v128_store(sums + 4, high);
}

void tsr_mean_s8__simd128(const tsr_mean *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                          void *scratch) {
  const int32_t row = segment->row % p->rows;
  const int32_t joined = p->columns > 1;
  const int32_t begins = row == 0 && (!joined || segment->column == 0);
  const int32_t ends = row == p->rows - 1 && (!joined || segment->column + segment->in_width == p->columns);
  const int32_t outputs = joined ? 1 : segment->in_width;
  const int32_t pixels = joined ? segment->in_width * p->pixels : p->pixels;
  const int32_t first = joined ? 0 : segment->column;
  const int32_t vectors = p->channels - p->channels % 8;
  const tsr_simd_range range = tsr_simd_range_of(p->pre_scale, p->offset, p->shift, p->min, p->max);
  const v128_t multiplier = wasm_i32x4_splat(p->multiplier);
  for (int32_t x = 0; x < outputs; ++x) {
    int32_t *acc = (int32_t *)scratch + (first + x) * p->channels;
    const int8_t *from = rows[0] + x * pixels * p->in_pixel;
    if (begins) {
      for (int32_t c = 0; c < p->channels; ++c) acc[c] = p->bias;
    }
    for (int32_t c = 0; c < vectors; c += 8) mean_simd_eight(acc + c, from + c, p->in_pixel, pixels);
    for (int32_t c = vectors; c < p->channels; ++c) {
      for (int32_t i = 0; i < pixels; ++i) acc[c] += from[i * p->in_pixel + c];
    }
    if (!ends) continue;
    int8_t *to = out + (p->rows > 1 ? first + x : x) * p->out_pixel;
    for (int32_t from_channel = 0; from_channel < p->channels; from_channel += 8) {
      const int32_t c = tsr_min(from_channel, p->channels - 8);
      const v128_t low = tsr_simd_scale(wasm_v128_load(acc + c), multiplier, &range);
      const v128_t high = tsr_simd_scale(wasm_v128_load(acc + c + 4), multiplier, &range);
      wasm_v128_store64_lane(to + c, tsr_simd_clamp(low, high, low, high, &range), 0);
    }
  }
}
