#include "tsr_add__mve.h"

/* What all sums share: by value, so that it stays in registers. */
typedef struct add_mve_shared {
  tsr_mve_s32 a_multiplier;
  tsr_mve_s32 min;
  tsr_mve_s32 max;
  int32_t b_multiplier;
  int32_t offset;
  int32_t shift;
} add_mve_shared;

/* Four sums. */
static inline tsr_mve_s32 add_mve_four(add_mve_shared s, tsr_mve_s32 a, tsr_mve_s32 b) {
  const tsr_mve_s32 sum = tsr_mve_multiply_add_all_s32(a, s.a_multiplier, s.offset);
  const tsr_mve_s32 y = tsr_mve_shift_to_byte(tsr_mve_multiply_add_s32(sum, b, s.b_multiplier), s.shift);
  return tsr_mve_min_s32(tsr_mve_max_s32(y, s.min), s.max);
}

/* 2.5 instructions an output (Cortex-M55, QEMU); the portable kernel 27. */
void tsr_add_s8s8__mve(const tsr_add *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                       void *scratch) {
  (void)scratch;
  const add_mve_shared s = {tsr_mve_all_s32(p->a_multiplier),
                            tsr_mve_all_s32(p->min),
                            tsr_mve_all_s32(p->max),
                            p->b_multiplier,
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
      tsr_mve_store_bytes(to, add_mve_four(s, tsr_mve_load_bytes(a), tsr_mve_load_bytes(b)));
    }
    if (count % 4 > 0) {
      const tsr_mve_s32 y =
          add_mve_four(s, tsr_mve_load_part_bytes(a, count % 4), tsr_mve_load_part_bytes(b, count % 4));
      tsr_mve_store_part_bytes(to, y, count % 4);
    }
  }
}
