#include "tsr_conv__mve_narrow.h"

/* Writes whole vectors: up to 15 bytes more. */
static inline void conv_mve_narrow_fill(int8_t *to, int32_t bytes, int32_t value) {
  for (int32_t done = 0; done < bytes; done += 16) tsr_mve_store_s8(to + done, tsr_mve_all_s8(value));
}

/* Copies columns from `first` on, their rows together; not inlined, so that its frame is not there while pixels go by. */
static __attribute__((noinline)) void conv_mve_narrow_turn(const tsr_conv_mve_narrow *p, const int8_t *const *rows,
                                                           int32_t in_width, int32_t first, int32_t columns, int8_t *to) {
  const int32_t begin = tsr_max(0, tsr_min(columns, -first));
  const int32_t end = tsr_max(begin, tsr_min(columns, in_width - first));
  int32_t whole = 1;
  for (int32_t ky = 0; ky < p->kernel_h; ++ky) whole &= rows[ky] != NULL;
  conv_mve_narrow_fill(to, (whole ? begin : columns) * p->column_bytes, p->input_zero_point);
  if (whole) conv_mve_narrow_fill(to + end * p->column_bytes, (columns - end) * p->column_bytes, p->input_zero_point);
  to += begin * p->column_bytes;
  for (int32_t ky = 0; ky < p->kernel_h && end > begin; ++ky, to += p->in_channels) {
    if (rows[ky] == NULL) continue;
    const int8_t *from = rows[ky] + (first + begin) * p->in_pixel;
    if (p->together > 0) {
      tsr_mve_spread_columns(to, from, end - begin, p->together, p->in_channels, p->column_bytes);
    } else {
      for (int32_t c = 0; c < p->in_channels; c += 16) {
        tsr_mve_copy_parts(to + c, from + c, tsr_min(16, p->in_channels - c), end - begin, p->column_bytes, p->in_pixel);
      }
    }
  }
}

void tsr_conv_s8s8__mve_narrow(const tsr_conv_mve_narrow *p, const int8_t *const *rows, int8_t *out,
                               const tsr_segment *segment, void *scratch) {
  tsr_mve_narrow_pixels row = {p->weights, p->bias, p->halves, p->window_bytes, p->out_channels, p->out_pixel,
                        p->offset,  p->shift, p->min,   p->max,          0,               0};
  const int32_t width = segment->out_width;
  const int32_t reach = (width - 1) * p->stride_w + p->kernel_w;
  if (p->direct && rows[0] != NULL && segment->pad_left <= 0 && reach - segment->pad_left <= segment->in_width) {
    row.step = p->stride_w * p->in_pixel;
    row.count = width;
    tsr_mve_narrow_row(&row, rows[0] - segment->pad_left * p->in_pixel, out);
    return;
  }
  row.step = p->stride_w * p->column_bytes;
  /* Pixels are computed two by two. */
  const int32_t room = (p->window_columns - p->kernel_w) / p->stride_w + 1;
  const int32_t most = room > 1 ? room / 2 * 2 : room;
  for (int32_t x = 0; x < width; x += most) {
    row.count = tsr_min(most, width - x);
    conv_mve_narrow_turn(p, rows, segment->in_width, x * p->stride_w - segment->pad_left,
                         (row.count - 1) * p->stride_w + p->kernel_w, scratch);
    tsr_mve_narrow_row(&row, scratch, out + x * p->out_pixel);
  }
}
