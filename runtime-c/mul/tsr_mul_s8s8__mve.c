#include "tsr_mul__mve.h"

/* What all products share: by value, so that it stays in registers. */
typedef struct mul_mve_shared {
  tsr_mve_s32 half; /* the multiplier, a multiple of 256, halved: what tsr_mve_requantize wants */
  tsr_mve_s32 min;
  tsr_mve_s32 max;
  int32_t a_zero_point;
  int32_t b_zero_point;
  int32_t offset;
  int32_t shift;
} mul_mve_shared;

/* Four products. */
static inline tsr_mve_s32 mul_mve_four(mul_mve_shared s, tsr_mve_s32 a, tsr_mve_s32 b) {
  a = tsr_mve_add_all_s32(a, -s.a_zero_point);
  b = tsr_mve_add_all_s32(b, -s.b_zero_point);
  return tsr_mve_requantize(tsr_mve_multiply_s32(a, b), s.half, s.offset, s.shift, s.min, s.max);
}

/* 3.4 instructions an output (Cortex-M55, QEMU); the portable kernel 32. */
void tsr_mul_s8s8__mve(const tsr_mul *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                       void *scratch) {
  (void)scratch;
  const mul_mve_shared s = {tsr_mve_all_s32(p->multiplier / 2),
                            tsr_mve_all_s32(p->min),
                            tsr_mve_all_s32(p->max),
                            p->a_zero_point,
                            p->b_zero_point,
                            p->offset,
                            p->shift};
  const int32_t joined = p->a_pixel == p->channels && p->b_pixel == p->channels && p->out_pixel == p->channels;
  const int32_t pixels = joined ? 1 : segment->out_width;
  const int32_t count = joined ? segment->out_width * p->channels : p->channels;
  for (int32_t x = 0; x < pixels; ++x) {
    const int8_t *a = rows[0] + x * p->a_pixel;
    const int8_t *b = rows[1] + x * p->b_pixel;
    int8_t *to = out + x * p->out_pixel;
    for (int32_t i = count / 4; i > 0; --i, a += 4, b += 4, to += 4) {
      tsr_mve_store_bytes(to, mul_mve_four(s, tsr_mve_load_bytes(a), tsr_mve_load_bytes(b)));
    }
    if (count % 4 > 0) {
      const tsr_mve_s32 y =
          mul_mve_four(s, tsr_mve_load_part_bytes(a, count % 4), tsr_mve_load_part_bytes(b, count % 4));
      tsr_mve_store_part_bytes(to, y, count % 4);
    }
  }
}
