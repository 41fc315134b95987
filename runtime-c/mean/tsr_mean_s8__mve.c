#include "tsr_mean__mve.h"

/* Pixels whose sums fit 16 bits. */
enum { mean_mve_together = 255 };

/* The multiplier is a multiple of 256, and halved what tsr_mve_requantize wants. */
static inline tsr_mve_s32 mean_mve_finish(const tsr_mean *p, tsr_mve_s32 sums) {
  return tsr_mve_requantize(tsr_mve_multiply_all_s32(sums, p->pre_scale), tsr_mve_all_s32(p->multiplier / 2), p->offset,
                            p->shift, tsr_mve_all_s32(p->min), tsr_mve_all_s32(p->max));
}

/* Eight channels; between calls the sums of even channels lie before those of odd ones. */
static inline void mean_mve_eight(const tsr_mean *p, const int8_t *pixel, int32_t pixels, int32_t *acc, int8_t *to,
                                  int32_t begins, int32_t ends) {
  tsr_mve_s32 even = begins ? tsr_mve_all_s32(p->bias) : tsr_mve_load_s32(acc);
  tsr_mve_s32 odd = begins ? even : tsr_mve_load_s32(acc + 4);
  for (int32_t i = 0; i < pixels; i += mean_mve_together) {
    tsr_mve_s16 sums = tsr_mve_all_s16(0);
    for (int32_t left = tsr_min(mean_mve_together, pixels - i); left > 0; --left, pixel += p->in_pixel) {
      sums = tsr_mve_add_s16(sums, tsr_mve_load_bytes_s16(pixel));
    }
    even = tsr_mve_add_s32(even, tsr_mve_even_s16(sums));
    odd = tsr_mve_add_s32(odd, tsr_mve_odd_s16(sums));
  }
  if (ends) {
    tsr_mve_store_alternating(to, mean_mve_finish(p, even), mean_mve_finish(p, odd));
  } else {
    tsr_mve_store_s32(acc, even);
    tsr_mve_store_s32(acc + 4, odd);
  }
}

/* Four channels or fewer. */
static inline void mean_mve_four(const tsr_mean *p, const int8_t *pixel, int32_t pixels, int32_t *acc, int8_t *to,
                                 int32_t begins, int32_t ends, int32_t lanes) {
  tsr_mve_s32 sums = begins ? tsr_mve_all_s32(p->bias) : tsr_mve_load_part_s32(acc, lanes);
  for (int32_t i = pixels; i > 0; --i, pixel += p->in_pixel) {
    sums = tsr_mve_add_s32(sums, tsr_mve_load_part_bytes(pixel, lanes));
  }
  if (ends) {
    tsr_mve_store_part_bytes(to, mean_mve_finish(p, sums), lanes);
  } else {
    tsr_mve_store_part_s32(acc, sums, lanes);
  }
}

/* 1.2 instructions an input in rows of 8 pixels (Cortex-M55, QEMU); the portable kernel 11. */
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
    int32_t c = 0;
    for (; c + 8 <= p->channels; c += 8) mean_mve_eight(p, from + c, pixels, acc + c, to + c, begins, ends);
    for (; c < p->channels; c += 4) {
      mean_mve_four(p, from + c, pixels, acc + c, to + c, begins, ends, tsr_min(4, p->channels - c));
    }
  }
}
