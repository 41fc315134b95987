#include "tsr_depthwise__mve.h"

enum { depthwise_mve_taps = 49 };

/* Sums of sixteen channels: channel 4 * i + {0, 2, 1, 3}[k] is lane i of word k. */
typedef struct depthwise_mve_sums {
  tsr_mve_s32 word[4];
} depthwise_mve_sums;

/* Adds products of 16 bits: `even` of the even channels, `odd` of the others. */
static inline depthwise_mve_sums depthwise_mve_add(depthwise_mve_sums sums, tsr_mve_s16 even, tsr_mve_s16 odd) {
  sums.word[0] = tsr_mve_add_s32(sums.word[0], tsr_mve_even_s16(even));
  sums.word[1] = tsr_mve_add_s32(sums.word[1], tsr_mve_odd_s16(even));
  sums.word[2] = tsr_mve_add_s32(sums.word[2], tsr_mve_even_s16(odd));
  sums.word[3] = tsr_mve_add_s32(sums.word[3], tsr_mve_odd_s16(odd));
  return sums;
}

/* Without a predicate where all lanes are there. */
static inline tsr_mve_s8 depthwise_mve_load(const int8_t *from, int32_t lanes) {
  return lanes == 16 ? tsr_mve_load_s8(from) : tsr_mve_load_part_s8(from, lanes);
}

/* The outputs of the channels from c on: `lanes`, at most 16. taps: where the pixels under the window lie. */
static inline void depthwise_mve_block(const tsr_depthwise_mve *p, const int8_t *const *taps, int32_t count, int32_t c,
                                       int32_t lanes, int8_t *out) {
  const int8_t *weights = p->weights + c * count;
  const int32_t *stream = p->stream + 2 * c;
  const tsr_mve_s32 zero = tsr_mve_all_s32(0);
  depthwise_mve_sums sums = {{zero, zero, zero, zero}};
  int32_t tap = 0;
  /* Two products at a time fit 16 bits. */
  if (lanes == 16) {
    int32_t words[16];
    tsr_mve_depthwise_pairs(words, taps, c, weights, count / 2);
    for (int32_t k = 0; k < 4; ++k) sums.word[k] = tsr_mve_load_s32(words + 4 * k);
    tap = count / 2 * 2;
    weights += 16 * tap;
  }
  for (; tap + 2 <= count; tap += 2, weights += 2 * lanes) {
    const tsr_mve_s8 a0 = tsr_mve_load_part_s8(taps[tap] + c, lanes);
    const tsr_mve_s8 a1 = tsr_mve_load_part_s8(taps[tap + 1] + c, lanes);
    const tsr_mve_s8 w0 = tsr_mve_load_part_s8(weights, lanes);
    const tsr_mve_s8 w1 = tsr_mve_load_part_s8(weights + lanes, lanes);
    sums = depthwise_mve_add(sums, tsr_mve_add_s16(tsr_mve_multiply_even_s8(a0, w0), tsr_mve_multiply_even_s8(a1, w1)),
                             tsr_mve_add_s16(tsr_mve_multiply_odd_s8(a0, w0), tsr_mve_multiply_odd_s8(a1, w1)));
  }
  if (tap < count) {
    const tsr_mve_s8 a = depthwise_mve_load(taps[tap] + c, lanes);
    const tsr_mve_s8 w = depthwise_mve_load(weights, lanes);
    sums = depthwise_mve_add(sums, tsr_mve_multiply_even_s8(a, w), tsr_mve_multiply_odd_s8(a, w));
  }
  for (int32_t k = 0; k < 4; ++k) {
    /* Every fourth channel from 0, 2, 1 or 3 on. */
    const int32_t from = k == 1 ? 2 : k == 2 ? 1 : k;
    const int32_t there = tsr_max(0, (lanes - from + 3) / 4);
    const tsr_mve_s32 bias = tsr_mve_load_part_s32(stream, there);
    const tsr_mve_s32 halves = tsr_mve_load_part_s32(stream + there, there);
    stream += 2 * there;
    sums.word[k] = tsr_mve_shift_right(
        tsr_mve_double_multiply_high_add(tsr_mve_add_s32(sums.word[k], bias), halves, p->offset), p->shift);
  }
  const tsr_mve_s8 y = tsr_mve_narrow(sums.word[0], sums.word[1], sums.word[2], sums.word[3]);
  tsr_mve_store_part_s8(out + c, tsr_mve_min_s8(tsr_mve_max_s8(y, tsr_mve_all_s8(p->min)), tsr_mve_all_s8(p->max)), lanes);
}

void tsr_depthwise_s8s8__mve(const tsr_depthwise_mve *p, const int8_t *const *rows, int8_t *out,
                             const tsr_segment *segment, void *scratch) {
  int8_t *zeros = scratch;
  const int8_t *taps[depthwise_mve_taps];
  const int32_t count = p->kernel_h * p->kernel_w;
  for (int32_t i = 0; i < p->channels; i += 16) {
    tsr_mve_store_part_s8(zeros + i, tsr_mve_all_s8(p->input_zero_point), tsr_min(16, p->channels - i));
  }
  for (int32_t x = 0; x < segment->out_width; ++x, out += p->out_pixel) {
    const int32_t first = x * p->stride_w - segment->pad_left;
    const int8_t **tap = taps;
    for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
      for (int32_t kx = 0; kx < p->kernel_w; ++kx) {
        const int32_t column = first + kx * p->dilation_w;
        const int32_t inside = rows[ky] != NULL && column >= 0 && column < segment->in_width;
        *tap++ = inside ? rows[ky] + column * p->in_pixel : zeros;
      }
    }
    int32_t c = 0;
    for (; c + 16 <= p->channels; c += 16) depthwise_mve_block(p, taps, count, c, 16, out);
    if (c < p->channels) depthwise_mve_block(p, taps, count, c, p->channels - c, out);
  }
}
