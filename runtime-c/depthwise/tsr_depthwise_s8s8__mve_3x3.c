#include "tsr_depthwise__mve.h"

static inline void depthwise_mve_fill(int8_t *to, int32_t bytes, tsr_mve_s8 value) {
  for (; bytes > 0; bytes -= 16, to += 16) tsr_mve_store_s8(to, value);
}

/* Rows of which some are not there: those are `zeros`. */
static __attribute__((noinline)) void depthwise_mve_some_rows(tsr_mve_depthwise *all, const int8_t *const *rows, int32_t further,
                                                              const int8_t *zeros) {
  all->kind = -1;
  for (int32_t ky = 0; ky < 3; ++ky) {
    const int32_t there = rows[ky] != NULL;
    all->rows[ky] = there ? rows[ky] + further : zeros;
    all->steps[ky] = there ? all->step : 0;
    all->next[ky] = there ? 16 : 0;
  }
}

/*
 * Eight channels that lie side by side are turned two columns at a time: of an odd number of columns the last is turned
 * here.
 */
static __attribute__((noinline)) void depthwise_mve_twos(tsr_mve_depthwise *all) {
  const int32_t last = all->turns - 1;
  if (all->turns % 2 > 0) {
    for (int32_t ky = 0; ky < 3; ++ky) {
      const int8_t *from = all->rows[ky] + (all->kind < 0 ? all->steps[ky] >> 1 : 8) * last;
      for (int32_t c = 0; c < 8; ++c) all->to[32 * last + 4 * c + ky] = from[c];
    }
  }
  all->turns >>= 1;
}

void tsr_depthwise_s8s8__mve_3x3(const tsr_depthwise_mve_3x3 *layer, const int8_t *const *rows, int8_t *out,
                                 const tsr_segment *segment, void *scratch) {
  const tsr_depthwise_mve_3x3_shape *p = layer->shape;
  int8_t *const turned = scratch;
  const int32_t column = p->column;
  const int32_t stride = p->stride_w;
  int8_t *const pixels = out;
  int32_t width = segment->out_width;
  int32_t first = -segment->pad_left;
  /* Pixels are computed two by two: as many each time, an even number. */
  int32_t most = p->most;
  if (width > most) most = ((width - 1) / ((width - 1) / most + 1) / 2 + 1) * 2;
  int8_t zeros[16];
  const tsr_mve_s8 padding = tsr_mve_all_s8(p->input_zero_point);
  tsr_mve_store_s8(zeros, padding);
  tsr_mve_depthwise all;
  all.offset = p->offset;
  all.step = p->step;
  all.kind = p->kind;
  all.part = p->part;
  all.further = p->further;
  all.known = p->known;
  all.stride = stride;
  tsr_mve_depthwise_start(&all, column, p->out_pixel);
  for (;;) {
    const int32_t count = tsr_min(most, width);
    const int32_t columns = (count - 1) * stride + 3;
    /* Columns outside the input are the same for all channels. */
    const int32_t begin = first >= 0 ? 0 : tsr_min(columns, -first);
    const int32_t end = tsr_max(begin, tsr_min(columns, segment->in_width - first));
    all.to = turned;
    if (begin > 0) {
      depthwise_mve_fill(turned, column * begin, padding);
      all.to += column * begin;
    }
    if (end < columns) depthwise_mve_fill(turned + column * end, column * (columns - end), padding);
    all.turns = end - begin;
    if (end > begin) {
      const int32_t further = (first + begin) * p->in_pixel;
      if (rows[0] != NULL && rows[1] != NULL && rows[2] != NULL) {
        all.rows[0] = rows[0] + further;
        all.rows[1] = rows[1] + further;
        all.rows[2] = rows[2] + further;
      } else {
        depthwise_mve_some_rows(&all, rows, further, zeros);
      }
      if (column < 64) depthwise_mve_twos(&all);
    }
    all.left = p->channels;
    all.out = out;
    all.weights = (const int8_t *)(layer->weights + 2 * p->channels);
    all.stream = layer->weights;
    tsr_mve_depthwise_pixels(&all, count, turned);
    width -= count;
    if (width == 0) break;
    first += count * stride;
    out += count * p->out_pixel;
  }
  if (p->limited) tsr_mve_limit(pixels, segment->out_width, p->channels, p->out_pixel, p->min, p->max);
}
