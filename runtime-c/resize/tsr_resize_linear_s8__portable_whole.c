#include "tsr_resize.h"

void tsr_resize_linear_s8__portable_whole(const tsr_resize_linear_whole *p, const int8_t *const *rows, int8_t *out,
                                          const tsr_segment *segment, void *scratch) {
  (void)segment;
  (void)scratch;
  const int32_t row_bytes = p->in_width * p->in_pixel;
  for (int32_t n = 0; n < p->batch; ++n) {
    const int8_t *image = rows[0] + n * p->in_rows * row_bytes;
    for (int32_t y = 0; y < p->out_rows; ++y) {
      const int8_t *top = image + p->top[y] * row_bytes;
      const int8_t *bottom = image + p->bottom[y] * row_bytes;
      for (int32_t x = 0; x < p->out_width; ++x) {
        const int32_t left = p->left[x] * p->in_pixel;
        const int32_t right = p->right[x] * p->in_pixel;
        for (int32_t c = 0; c < p->channels; ++c) {
          const int32_t sum = tsr_resize_mix(top[left + c], top[right + c], bottom[left + c], bottom[right + c],
                                             p->column_weights[x], p->row_weights[y]);
          out[c] = tsr_requantize((p->bias + sum) * p->pre_scale, p->multiplier, p->offset, p->shift, p->min, p->max);
        }
        out += p->out_pixel;
      }
    }
  }
}
