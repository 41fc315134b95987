#include "tsr_conv.h"

static inline int32_t dot(const int8_t *a, const int8_t *b, int32_t n) {
  int32_t sum = 0;
  for (int32_t i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

static inline int32_t sum_of(const int8_t *a, int32_t n) {
  int32_t sum = 0;
  for (int32_t i = 0; i < n; ++i) sum += a[i];
  return sum;
}

void tsr_conv_s8s8__portable(const tsr_conv *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                             void *scratch) {
  (void)scratch;
  const int32_t group_in = p->in_channels / p->groups;
  const int32_t group_out = p->out_channels / p->groups;
  for (int32_t x = 0; x < segment->out_width; ++x) {
    const int32_t first = x * p->stride_w - segment->pad_left;
    const int8_t *weights = p->weights;
    for (int32_t o = 0; o < p->out_channels; ++o) {
      const int32_t channel = o / group_out * group_in;
      int32_t acc = p->bias[o];
      for (int32_t ky = 0; ky < p->kernel_h; ++ky) {
        for (int32_t kx = 0; kx < p->kernel_w; ++kx) {
          const int32_t column = first + kx * p->dilation_w;
          if (rows[ky] == NULL || column < 0 || column >= segment->in_width) {
            acc += p->input_zero_point * sum_of(weights, group_in);
          } else {
            acc += dot(rows[ky] + column * p->in_pixel + channel, weights, group_in);
          }
          weights += group_in;
        }
      }
      out[x * p->out_pixel + o] =
          tsr_requantize(acc * p->pre_scale, p->multipliers[o], p->offset, p->shift, p->min, p->max);
    }
  }
}
