#include "tsr_depthwise__mve.h"

void tsr_depthwise_s8s8__mve_3x3(const tsr_depthwise_mve_3x3 *p, const int8_t *const *rows, int8_t *out,
                                 const tsr_segment *segment, void *scratch) {
  int8_t *turned = scratch;
  const tsr_mve_depthwise four = {p->offset, p->shift, p->min, p->max, p->stride_w, p->out_pixel};
  const int32_t most = (tsr_depthwise_mve_columns - 3) / p->stride_w + 1;
  int8_t zeros[16];
  tsr_mve_store_s8(zeros, tsr_mve_all_s8(p->input_zero_point));
  for (int32_t x = 0; x < segment->out_width; x += most) {
    const int32_t count = tsr_min(most, segment->out_width - x);
    const int32_t columns = (count - 1) * p->stride_w + 3;
    const int32_t first = x * p->stride_w - segment->pad_left;
    /* Columns outside the input are the same for all channels. */
    const int32_t begin = tsr_max(0, tsr_min(columns, -first));
    const int32_t end = tsr_max(begin, tsr_min(columns, segment->in_width - first));
    if (begin > 0) tsr_mve_turn_3(turned, zeros, zeros, zeros, 0, 0, 0, begin, 16);
    if (columns > end) tsr_mve_turn_3(turned + 64 * end, zeros, zeros, zeros, 0, 0, 0, columns - end, 16);
    const int8_t *row[3];
    int32_t step[3];
    int32_t next[3];
    for (int32_t ky = 0; ky < 3; ++ky) {
      const int32_t there = rows[ky] != NULL;
      row[ky] = there ? rows[ky] + (first + begin) * p->in_pixel : zeros;
      step[ky] = there ? p->in_pixel : 0;
      next[ky] = there ? 16 : 0;
    }
    for (int32_t c = 0; c < p->channels; c += 16) {
      const int32_t lanes = tsr_min(16, p->channels - c);
      if (end > begin) {
        tsr_mve_turn_3(turned + 64 * begin, row[0], row[1], row[2], step[0], step[1], step[2], end - begin, lanes);
      }
      tsr_mve_depthwise_3x3(&four, turned, p->weights + 9 * c, p->stream + 2 * c, out + x * p->out_pixel + c, lanes / 4,
                            count);
      for (int32_t ky = 0; ky < 3; ++ky) row[ky] += next[ky];
    }
  }
}
