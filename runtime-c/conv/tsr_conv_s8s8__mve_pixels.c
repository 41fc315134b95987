#include "tsr_conv__mve_pixels.h"

void tsr_conv_s8s8__mve_pixels(const tsr_conv_mve_pixels *layer, const int8_t *const *rows, int8_t *out,
                               const tsr_segment *segment, void *scratch) {
  const tsr_conv_mve_pixels_shape *p = layer->shape;
  (void)scratch;
  const int32_t groups = p->out_channels / 4;
  const int32_t count = segment->out_width;
  const int8_t *const weights = (const int8_t *)(layer->weights + 2 * p->out_channels);
  const int8_t *windows[4] = {NULL};
  tsr_mve_tile tile = {windows,      1,         (p->in_channels + 15) / 16, p->in_channels,
                       weights,      p->in_channels, layer->weights,        p->offset,
                       p->shift,     {0},       {3 * p->in_pixel, 3 * p->out_pixel}};
  int32_t x = 0;
  if (groups > 0 && tsr_mve_known(p->in_channels, p->shift, p->out_pixel)) {
    windows[0] = rows[0];
    tile.apart[0] = p->out_pixel;
    x = tsr_mve_known_pixels(&tile, groups, out, count);
  }
  while (x < count) {
    /* Pixels that are not there are computed as the last that is. */
    const int32_t third = tsr_min(3, count - x) - 1;
    const int32_t second = tsr_min(1, third);
    const int32_t times = third < 2 ? 1 : (count - x) / 3;
    windows[0] = rows[0] + x * p->in_pixel;
    windows[1] = windows[0] + second * p->in_pixel;
    windows[2] = windows[0] + third * p->in_pixel;
    tile.apart[0] = second * p->out_pixel;
    tile.apart[1] = third * p->out_pixel;
    int8_t *to = out + x * p->out_pixel;
    if (third == 2 || p->in_channels % 16 > 0) {
      tsr_mve_tile_3x4(&tile, groups, to, times);
    } else if (third == 1) {
      tsr_mve_tile_2x4(&tile, groups, to);
    } else {
      tsr_mve_tile_1x4(&tile, groups, to);
    }
    x += 3 * times;
  }
  if (p->min > -128 || p->max < 127) tsr_mve_limit(out, count, p->out_channels, p->out_pixel, p->min, p->max);
}
