#include "tsr_lookup__simd128.h"

void tsr_lookup_s8__simd128(const tsr_lookup *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                            void *scratch) {
  (void)scratch;
  const int32_t joined = p->in_pixel == p->channels && p->out_pixel == p->channels;
  const int32_t pixels = joined ? 1 : segment->out_width;
  const int32_t count = joined ? segment->out_width * p->channels : p->channels;
  const int8_t *table = p->table;
  for (int32_t x = 0; x < pixels; ++x) {
    const int8_t *from = rows[0] + x * p->in_pixel;
    int8_t *to = out + x * p->out_pixel;
    int32_t left = count;
    for (; left >= 32; left -= 32, from += 32, to += 32) {
      /* Where in the table a byte's output is, counted from the piece in hand: below 16 if it is there. */
      v128_t at0 = wasm_v128_xor(wasm_v128_load(from), wasm_i8x16_splat(-128));
      v128_t at1 = wasm_v128_xor(wasm_v128_load(from + 16), wasm_i8x16_splat(-128));
      v128_t y0 = wasm_i8x16_splat(0);
      v128_t y1 = y0;
      TSR_SIMD_UNROLL
      for (int32_t i = 0; i < 256; i += 16) {
        const v128_t piece = wasm_v128_load(table + i);
        y0 = wasm_v128_or(y0, wasm_i8x16_swizzle(piece, at0));
        y1 = wasm_v128_or(y1, wasm_i8x16_swizzle(piece, at1));
        at0 = wasm_i8x16_sub(at0, wasm_i8x16_splat(16));
        at1 = wasm_i8x16_sub(at1, wasm_i8x16_splat(16));
      }
      wasm_v128_store(to, y0);
      wasm_v128_store(to + 16, y1);
    }
    for (; left > 0; --left) *to++ = table[*from++ + 128];
  }
}
