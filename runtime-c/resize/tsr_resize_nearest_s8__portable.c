#include "tsr_resize.h"

void tsr_resize_nearest_s8__portable(const tsr_resize_nearest *p, const int8_t *const *rows, int8_t *out,
                                     const tsr_segment *segment, void *scratch) {
  (void)scratch;
  const int8_t *row = rows[p->row];
  if (row == NULL && p->row_taps == 2) row = rows[1 - p->row];
  const int32_t origin = tsr_resize_origin(segment, p->column_multiply, p->column_add, p->column_divide);
  const uint16_t *columns = p->columns + segment->column;
  for (int32_t x = 0; x < segment->out_width; ++x) {
    const int8_t *from = row + (columns[x] - origin) * p->in_pixel;
    int8_t *to = out + x * p->out_pixel;
    for (int32_t c = 0; c < p->channels; ++c) to[c] = p->table == NULL ? from[c] : p->table[from[c] + 128];
  }
}
