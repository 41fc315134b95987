#include "tsr_conv__mve_narrow.h"

void tsr_conv_s8s8__mve_narrow(const tsr_conv_mve_narrow *layer, const int8_t *const *rows, int8_t *out,
                               const tsr_segment *segment, void *scratch) {
  const tsr_conv_mve_narrow_shape *p = layer->shape;
  const int32_t stride = p->stride_w;
  int32_t left = segment->out_width;
  int32_t first = -segment->pad_left;
  int32_t count = left;
  if (p->direct && rows[0] != NULL && first >= 0 && (left - 1) * stride + p->kernel_w + first <= segment->in_width) {
    tsr_mve_narrow_row(p, layer->weights, rows[0] + first * p->in_pixel, stride * p->in_pixel, count, out);
    return;
  }
  const tsr_mve_turn turn = {p->kernel_h, p->in_channels, p->in_pixel, p->together, p->input_zero_point};
  for (;;) {
    count = tsr_min(p->most, left);
    tsr_mve_turn_columns(&turn, rows, segment->in_width, first, (count - 1) * stride + p->kernel_w, scratch);
    tsr_mve_narrow_row(p, layer->weights, scratch, stride * p->column_bytes, count, out);
    left -= count;
    if (left == 0) return;
    first += count * stride;
    out += count * p->out_pixel;
  }
}
