#include "tsr_add.h"
#include "tsr_mve.h"

/* Four sums. */
static inline tsr_mve_s32 add_four(const tsr_add *p, tsr_mve_s32 a, tsr_mve_s32 b) {
  const tsr_mve_s32 sums = tsr_mve_multiply_add_s32(
      tsr_mve_multiply_add_all_s32(a, tsr_mve_all_s32(p->a_multiplier), p->offset), b, p->b_multiplier);
  const tsr_mve_s32 y = tsr_mve_shift_to_byte(sums, p->shift);
  return tsr_mve_min_s32(tsr_mve_max_s32(y, tsr_mve_all_s32(p->min)), tsr_mve_all_s32(p->max));
}

/* Measured in QEMU on a Cortex-M55: MEASURED instructions an output. */
void tsr_add_s8s8__mve(const tsr_add *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                       void *scratch) {
  (void)scratch;
  const int32_t joined = p->a_pixel == p->channels && p->b_pixel == p->channels && p->out_pixel == p->channels;
  const int32_t pixels = joined ? 1 : segment->out_width;
  const int32_t count = joined ? segment->out_width * p->channels : p->channels;
  for (int32_t x = 0; x < pixels; ++x) {
    const int8_t *a = rows[0] + x * p->a_pixel;
    const int8_t *b = rows[1] + x * p->b_pixel;
    int8_t *to = out + x * p->out_pixel;
    for (int32_t i = count / 4; i > 0; --i, a += 4, b += 4, to += 4) {
      tsr_mve_store_bytes(to, add_four(p, tsr_mve_load_bytes(a), tsr_mve_load_bytes(b)));
    }
    if (count % 4 > 0) {
      const tsr_mve_s32 y =
          add_four(p, tsr_mve_load_part_bytes(a, count % 4), tsr_mve_load_part_bytes(b, count % 4));
      tsr_mve_store_part_bytes(to, y, count % 4);
    }
  }
}
