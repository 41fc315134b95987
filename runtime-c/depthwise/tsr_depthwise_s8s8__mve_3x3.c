#include "tsr_depthwise__mve.h"

/* Turns `count` columns from `first` on of the channels from c on; those outside the input are zero points. */
static inline void turn(const tsr_depthwise_mve_3x3 *p, const int8_t *const *rows, int32_t in_width, int32_t c,
                        int32_t first, int32_t count, int8_t *to) {
  int8_t zeros[16];
  tsr_mve_store_s8(zeros, tsr_mve_all_s8(p->input_zero_point));
  const int32_t lanes = tsr_min(16, p->channels - c);
  const int32_t begin = tsr_max(0, tsr_min(count, -first));
  const int32_t end = tsr_max(begin, tsr_min(count, in_width - first));
  if (begin > 0) tsr_mve_turn_3(to, zeros, zeros, zeros, 0, 0, 0, begin, 16);
  if (end > begin) {
    const int8_t *row[3];
    int32_t step[3];
    for (int32_t ky = 0; ky < 3; ++ky) {
      row[ky] = rows[ky] == NULL ? zeros : rows[ky] + (first + begin) * p->in_pixel + c;
      step[ky] = rows[ky] == NULL ? 0 : p->in_pixel;
    }
    tsr_mve_turn_3(to + 64 * begin, row[0], row[1], row[2], step[0], step[1], step[2], end - begin, lanes);
  }
  if (count > end) tsr_mve_turn_3(to + 64 * end, zeros, zeros, zeros, 0, 0, 0, count - end, 16);
}

void tsr_depthwise_s8s8__mve_3x3(const tsr_depthwise_mve_3x3 *p, const int8_t *const *rows, int8_t *out,
                                 const tsr_segment *segment, void *scratch) {
  int8_t *turned = scratch;
  const tsr_mve_depthwise four = {p->offset, p->shift, p->min, p->max, p->stride_w, p->out_pixel};
  const int32_t most = (tsr_depthwise_mve_columns - 3) / p->stride_w + 1;
  for (int32_t c = 0; c < p->channels; c += 16) {
    const int32_t end = tsr_min(c + 16, p->channels);
    for (int32_t x = 0; x < segment->out_width; x += most) {
      const int32_t count = tsr_min(most, segment->out_width - x);
      const int32_t columns = (count - 1) * p->stride_w + 3;
      turn(p, rows, segment->in_width, c, x * p->stride_w - segment->pad_left, columns, turned);
      tsr_mve_depthwise_3x3(&four, turned, p->weights + 9 * c, p->stream + 2 * c, out + x * p->out_pixel + c,
                            (end - c) / 4, count);
    }
  }
}
