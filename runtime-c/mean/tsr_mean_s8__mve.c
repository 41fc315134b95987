#include "tsr_mean__mve.h"

/* 2.2 instructions an input (Cortex-M55, QEMU); the portable kernel 11. */
void tsr_mean_s8__mve(const tsr_mean *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                      void *scratch) {
  const int32_t row = segment->row % p->rows;
  const int joined = p->columns > 1;
  const int begins = row == 0 && (!joined || segment->column == 0);
  const int ends = row == p->rows - 1 && (!joined || segment->column + segment->in_width == p->columns);
  const int32_t outputs = joined ? 1 : segment->in_width;
  const int32_t pixels = joined ? segment->in_width * p->pixels : p->pixels;
  const int32_t first = joined ? 0 : segment->column;
  for (int32_t x = 0; x < outputs; ++x) {
    int32_t *acc = (int32_t *)scratch + (first + x) * p->channels;
    const int8_t *from = rows[0] + x * pixels * p->in_pixel;
    int8_t *to = out + (p->rows > 1 ? first + x : x) * p->out_pixel;
    for (int32_t c = 0; c < p->channels; c += 4) {
      const int32_t lanes = tsr_min(4, p->channels - c);
      tsr_mve_s32 sums = begins ? tsr_mve_all_s32(p->bias) : tsr_mve_load_part_s32(acc + c, lanes);
      const int8_t *pixel = from + c;
      if (lanes == 4) {
        for (int32_t i = pixels; i > 0; --i, pixel += p->in_pixel) {
          sums = tsr_mve_add_s32(sums, tsr_mve_load_bytes(pixel));
        }
      } else {
        for (int32_t i = pixels; i > 0; --i, pixel += p->in_pixel) {
          sums = tsr_mve_add_s32(sums, tsr_mve_load_part_bytes(pixel, lanes));
        }
      }
      if (ends) {
        /* The multiplier is a multiple of 256, and halved what tsr_mve_requantize wants. */
        const tsr_mve_s32 y =
            tsr_mve_requantize(tsr_mve_multiply_all_s32(sums, p->pre_scale), tsr_mve_all_s32(p->multiplier / 2), p->offset,
                               p->shift, tsr_mve_all_s32(p->min), tsr_mve_all_s32(p->max));
        tsr_mve_store_part_bytes(to + c, y, lanes);
      } else {
        tsr_mve_store_part_s32(acc + c, sums, lanes);
      }
    }
  }
}
