#include "tsr_conv__mve_narrow.h"

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
  const tsr_mve_turn turn = {p->kernel_h, p->in_channels, p->in_pixel, p->together, p->input_zero_point};
  row.step = p->stride_w * p->column_bytes;
  /* Pixels are computed two by two. */
  const int32_t room = (p->window_columns - p->kernel_w) / p->stride_w + 1;
  const int32_t most = room > 1 ? room / 2 * 2 : room;
  for (int32_t x = 0; x < width; x += most) {
    row.count = tsr_min(most, width - x);
    tsr_mve_turn_columns(&turn, rows, segment->in_width, x * p->stride_w - segment->pad_left,
                         (row.count - 1) * p->stride_w + p->kernel_w, scratch);
    tsr_mve_narrow_row(&row, scratch, out + x * p->out_pixel);
  }
}
