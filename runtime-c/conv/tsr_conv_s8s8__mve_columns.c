#include "tsr_conv__mve_columns.h"

void tsr_conv_s8s8__mve_columns(const tsr_conv_mve_columns *layer, const int8_t *const *rows, int8_t *out,
                                const tsr_segment *segment, void *scratch) {
  const tsr_conv_mve_columns_shape *p = layer->shape;
  const int8_t *const weights = (const int8_t *)(layer->weights + 2 * p->out_channels);
  const int8_t *const columns = scratch;
  const int32_t step = p->stride_w * p->kernel_h * p->in_channels;
  const int32_t blocks = (p->window_bytes + 15) / 16;
  const int32_t groups = p->out_channels / 4;
  const tsr_mve_turn turn = {p->kernel_h, p->in_channels, p->in_pixel, p->together, p->input_zero_point};
  const int8_t *windows[4] = {NULL};
  tsr_mve_tile tile = {windows,   1,         blocks,    p->window_bytes,
                       weights,   p->window_bytes, layer->weights, p->offset,
                       p->shift,  {0},       {3 * step, 3 * p->out_pixel}};
  const int32_t known = groups > 0 && tsr_mve_known(p->window_bytes, p->shift, p->out_pixel);
  const int32_t room = (p->window_columns - p->kernel_w) / p->stride_w + 1;
  /* Pixels are computed three by three. */
  const int32_t most = room < 3 ? room : room / 3 * 3;
  for (int32_t x = 0; x < segment->out_width; x += most) {
    const int32_t count = tsr_min(most, segment->out_width - x);
    tsr_mve_turn_columns(&turn, rows, segment->in_width, x * p->stride_w - segment->pad_left,
                         (count - 1) * p->stride_w + p->kernel_w, scratch);
    int32_t done = 0;
    if (known) {
      windows[0] = columns;
      tile.apart[0] = p->out_pixel;
      done = tsr_mve_known_pixels(&tile, groups, out + x * p->out_pixel, count);
    }
    while (done < count) {
      /* Pixels that are not there are computed as the last that is. */
      const int32_t third = tsr_min(3, count - done) - 1;
      const int32_t second = tsr_min(1, third);
      const int32_t times = third < 2 ? 1 : (count - done) / 3;
      windows[0] = columns + done * step;
      windows[1] = windows[0] + second * step;
      windows[2] = windows[0] + third * step;
      tile.apart[0] = second * p->out_pixel;
      tile.apart[1] = third * p->out_pixel;
      tsr_mve_tile_3x4(&tile, groups, out + (x + done) * p->out_pixel, times);
      done += 3 * times;
    }
  }
  if (p->min > -128 || p->max < 127) {
    tsr_mve_limit(out, segment->out_width, p->out_channels, p->out_pixel, p->min, p->max);
  }
}
