#include "tsr_depthwise.h"

enum { block = 8 };

/* The outputs of `count` channels from channel c on, at most a block, for the pixel whose first tap is column `first`. */
static inline void channels_of(const tsr_depthwise *p, const int8_t *const *rows, int8_t *out, int32_t in_width,
                               int32_t first, int32_t c, int32_t count) {
  int32_t acc[block];
  const int8_t *weights = p->weights + c;
  for (int32_t i = 0; i < count; ++i) acc[i] = p->bias[c + i];
  for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
    for (int32_t kx = 0; kx < p->kernel_w; ++kx) {
      const int32_t column = first + kx * p->dilation_w;
      if (rows[ky] == NULL || column < 0 || column >= in_width) {
        for (int32_t i = 0; i < count; ++i) acc[i] += p->input_zero_point * weights[i];
      } else {
        const int8_t *pixel = rows[ky] + column * p->in_pixel + c;
        for (int32_t i = 0; i < count; ++i) acc[i] += pixel[i] * weights[i];
      }
      weights += p->channels;
    }
  }
  for (int32_t i = 0; i < count; ++i) {
    out[c + i] = tsr_requantize(acc[i] * p->pre_scale, p->multipliers[c + i], p->offset, p->shift, p->min, p->max);
  }
}

void tsr_depthwise_s8s8__portable(const tsr_depthwise *p, const int8_t *const *rows, int8_t *out,
                                  const tsr_segment *segment, void *scratch) {
  (void)scratch;
  for (int32_t x = 0; x < segment->out_width; ++x) {
    const int32_t first = x * p->stride_w - segment->pad_left;
    int8_t *pixel = out + x * p->out_pixel;
    int32_t c = 0;
    for (; c + block <= p->channels; c += block) channels_of(p, rows, pixel, segment->in_width, first, c, block);
    if (c < p->channels) channels_of(p, rows, pixel, segment->in_width, first, c, p->channels - c);
  }
}
