#include "tsr_depthwise__mve_two.h"

/* The columns that the pixels of a run need: `begin` to `end` of them lie inside the input. */
typedef struct two_rows_run {
  int32_t count;
  int32_t begin;
  int32_t end;
  int32_t further; /* bytes from the row pointers to the first of those */
} two_rows_run;

static inline void two_rows_fill(int8_t *to, int32_t bytes, tsr_mve_s8 value) {
  for (; bytes > 0; bytes -= 16, to += 16) tsr_mve_store_s8(to, value);
}

/* Pixels from `first` on: what does not depend on the rows. Columns outside the input are the same for all channels. */
static __attribute__((noinline)) void two_rows_begin(tsr_mve_two_rows *all, const tsr_depthwise_mve_3x3_shape *p,
                                                     const tsr_segment *segment, int8_t *turned, two_rows_run *run,
                                                     int32_t first) {
  const tsr_mve_s8 padding = tsr_mve_all_s8(p->input_zero_point);
  const int32_t column = p->column;
  const int32_t columns = run->count + 2;
  first -= segment->pad_left;
  run->begin = first >= 0 ? 0 : tsr_min(columns, -first);
  run->end = tsr_max(run->begin, tsr_min(columns, segment->in_width - first));
  run->further = (first + run->begin) * p->in_pixel;
  two_rows_fill(turned, column * run->begin, padding);
  two_rows_fill(turned + column * run->end, column * (columns - run->end), padding);
  all->to = turned + column * run->begin;
  all->turns = (run->end - run->begin) >> (column < 64 ? 1 : 0);
  tsr_mve_two_rows_pixels(all, run->count, turned);
}

/* Where rows lie of which some are missing. The first or the last alone are padding; else those that are missing are zeros. */
static __attribute__((noinline)) void two_rows_some(tsr_mve_two_rows *all, int32_t known, const int8_t *const *rows,
                                                    int32_t further, const int8_t *zeros) {
  const int32_t above = rows[0] == NULL;
  const int32_t below = rows[3] == NULL;
  const int32_t inner = rows[1] != NULL && rows[2] != NULL && above + below < 2;
  all->kind = known > 0 && inner ? known + 3 * above + 6 * below : 0;
  for (int32_t ky = 0; ky < 4; ++ky) {
    const int32_t there = rows[ky] != NULL;
    all->rows[ky] = there ? rows[ky] + further : zeros;
    all->steps[ky] = there ? all->step : 0;
    all->next[ky] = there ? 16 : 0;
  }
}

/* Eight channels that lie side by side are turned two columns at a time: of an odd number the last is turned here. */
static __attribute__((noinline)) void two_rows_last(tsr_mve_two_rows *all, const int8_t *const *rows, int32_t last) {
  for (int32_t ky = 0; ky < 4; ++ky) {
    const int8_t *from = all->rows[ky] + (rows[ky] != NULL ? all->step >> 1 : 0) * last;
    for (int32_t c = 0; c < 8; ++c) all->to[32 * last + 4 * c + ky] = from[c];
  }
}

void tsr_depthwise_s8s8__mve_3x3_two(const tsr_depthwise_mve_3x3 *layer, const int8_t *const *rows, int8_t *out,
                                     const tsr_segment *segment, void *scratch) {
  const tsr_depthwise_mve_3x3_shape *p = layer->shape;
  const int32_t width = segment->out_width;
  const int32_t next = width * p->out_pixel;
  int8_t *const pixels = out;
  /* As many pixels each time, and never one alone. */
  int32_t most = p->most;
  if (width > most) most = ((width - 1) / ((width - 1) / most + 1) / 2 + 1) * 2;
  int8_t zeros[16];
  tsr_mve_store_s8(zeros, tsr_mve_all_s8(p->input_zero_point));
  tsr_mve_two_rows all;
  all.zero_point = p->offset >> 1;
  all.step = p->step;
  all.part = p->part;
  all.column = p->column;
  all.apart = p->out_pixel;
  all.padding = p->input_zero_point;
  tsr_mve_two_rows_start(&all, (uint32_t)next);
  two_rows_run run = {0, 0, 0, 0};
  for (int32_t pair = 0; pair < p->pairs; ++pair, rows += 2, out += 2 * next) {
    for (int32_t x = 0; x < width; x += run.count) {
      if (run.count < width) {
        run.count = tsr_min(most, width - x);
        if (width - x - run.count == 1) run.count -= 2;
        two_rows_begin(&all, p, segment, scratch, &run, x);
      }
      if (run.end > run.begin) {
        const int32_t known = p->kind;
        if (known > 0 && rows[0] != NULL && rows[1] != NULL && rows[2] != NULL && rows[3] != NULL) {
          all.kind = known;
          all.rows[0] = rows[0] + run.further;
          all.rows[1] = rows[1] + run.further;
          all.rows[2] = rows[2] + run.further;
          all.rows[3] = rows[3] + run.further;
        } else {
          two_rows_some(&all, known, rows, run.further, zeros);
        }
        if (p->column < 64 && (run.end - run.begin) % 2 > 0) two_rows_last(&all, rows, run.end - run.begin - 1);
      }
      all.left = p->channels;
      all.out = out + x * p->out_pixel;
      all.weights = (const int8_t *)(layer->weights + 2 * p->channels);
      all.stream = layer->weights;
      tsr_mve_two_rows_channels(&all);
    }
  }
  if (p->limited) tsr_mve_limit(pixels, 2 * p->pairs * width, p->channels, p->out_pixel, p->min, p->max);
}
