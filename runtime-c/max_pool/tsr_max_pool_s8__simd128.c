#include "tsr_max_pool__simd128.h"

/* The largest of 16 channels from channel c on; the first tap of the window is column `first`. */
TSR_SIMD_INLINE v128_t max_pool_simd_window(const tsr_max_pool *p, const int8_t *const *rows, int32_t in_width,
                                            int32_t first, int32_t c) {
  v128_t most = wasm_i8x16_splat(-128);
  for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
    if (rows[ky] == NULL) continue;
    for (int32_t kx = 0; kx < p->kernel_w; ++kx) {
      const int32_t column = first + kx * p->dilation_w;
      if (column < 0 || column >= in_width) continue;
      most = wasm_i8x16_max(most, wasm_v128_load(rows[ky] + column * p->in_pixel + c));
    }
  }
  return most;
}

void tsr_max_pool_s8__simd128(const tsr_max_pool *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                              void *scratch) {
  (void)scratch;
  for (int32_t x = 0; x < segment->out_width; ++x) {
    const int32_t first = x * p->stride_w - segment->pad_left;
    int8_t *to = out + x * p->out_pixel;
    for (int32_t from = 0; from < p->channels; from += 16) {
      const int32_t c = tsr_min(from, p->channels - 16);
      wasm_v128_store(to + c, max_pool_simd_window(p, rows, segment->in_width, first, c));
    }
    if (p->table == NULL) continue;
    for (int32_t c = 0; c < p->channels; ++c) to[c] = p->table[to[c] + 128];
  }
}
