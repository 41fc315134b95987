#include "tsr_depthwise__mve.h"

static inline void depthwise_mve_fill(int8_t *to, int32_t bytes, tsr_mve_s8 value) {
  for (; bytes > 0; bytes -= 16, to += 16) tsr_mve_store_s8(to, value);
}

/*
 * Which columns from `first` on lie in rows, and what those outside are; gives where the first of those goes that do. Not
 * inlined, so that its frame is not there while they are multiplied.
 */
static __attribute__((noinline)) int8_t *depthwise_mve_columns(const tsr_depthwise_mve_3x3 *p, tsr_mve_depthwise *all,
                                                               const int8_t *const *rows, int32_t in_width,
                                                               int32_t first, int32_t columns, const int8_t *zeros,
                                                               int8_t *turned) {
  const tsr_mve_s8 padding = tsr_mve_load_s8(zeros);
  /* Columns outside the input are the same for all channels. */
  const int32_t begin = tsr_max(0, tsr_min(columns, -first));
  const int32_t end = tsr_max(begin, tsr_min(columns, in_width - first));
  depthwise_mve_fill(turned, all->column * begin, padding);
  depthwise_mve_fill(turned + all->column * end, all->column * (columns - end), padding);
  all->columns = end - begin;
  for (int32_t ky = 0; ky < 3; ++ky) {
    const int32_t there = rows[ky] != NULL;
    all->rows[ky] = there ? rows[ky] + (first + begin) * p->in_pixel : zeros;
    all->steps[ky] = there ? p->in_pixel : 0;
    all->next[ky] = there ? 16 : 0;
  }
  return turned + all->column * begin;
}

void tsr_depthwise_s8s8__mve_3x3(const tsr_depthwise_mve_3x3 *p, const int8_t *const *rows, int8_t *out,
                                 const tsr_segment *segment, void *scratch) {
  int8_t *turned = scratch;
  const int32_t width = segment->out_width;
  /* Eight channels that lie side by side are turned two columns at a time. */
  const int32_t column = p->channels == 8 && p->in_pixel == 8 ? 32 : 64;
  tsr_mve_depthwise all = {p->offset, p->shift, p->channels, p->stride_w, p->out_pixel, column, 0, {0}, {0}, {0}};
  /* Pixels are computed two by two: as many each time, an even number. */
  const int32_t limit = ((tsr_depthwise_mve_columns * 64 / column - 3) / p->stride_w + 1) / 2 * 2;
  const int32_t times = (width - 1) / limit + 1;
  const int32_t most = ((width - 1) / times / 2 + 1) * 2;
  int8_t zeros[16];
  tsr_mve_store_s8(zeros, tsr_mve_all_s8(p->input_zero_point));
  for (int32_t x = 0; x < width; x += most) {
    const int32_t count = tsr_min(most, width - x);
    int8_t *from = depthwise_mve_columns(p, &all, rows, segment->in_width, x * p->stride_w - segment->pad_left,
                                         (count - 1) * p->stride_w + 3, zeros, turned);
    tsr_mve_depthwise_3x3(&all, from, turned, p->weights, p->stream, out + x * p->out_pixel, count);
  }
  if (p->min > -128 || p->max < 127) tsr_mve_limit(out, width, p->channels, p->out_pixel, p->min, p->max);
}
