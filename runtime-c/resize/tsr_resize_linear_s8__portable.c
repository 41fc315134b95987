#include "tsr_resize.h"

void tsr_resize_linear_s8__portable(const tsr_resize_linear *p, const int8_t *const *rows, int8_t *out,
                                    const tsr_segment *segment, void *scratch) {
  (void)scratch;
  const int8_t *first = rows[0];
  const int8_t *second = p->row_taps == 2 ? rows[1] : NULL;
  const int8_t *top = first == NULL ? second : first;
  const int8_t *bottom = second == NULL ? first : second;
  const int32_t lower = p->row_weights[segment->row];
  const int32_t origin = tsr_resize_origin(segment, p->column_multiply, p->column_add, p->column_divide);
  for (int32_t x = 0; x < segment->out_width; ++x) {
    const int32_t column = segment->column + x;
    const int32_t left = (p->left[column] - origin) * p->in_pixel;
    const int32_t right = (p->right[column] - origin) * p->in_pixel;
    const int32_t weight = p->column_weights[column];
    int8_t *to = out + x * p->out_pixel;
    for (int32_t c = 0; c < p->channels; ++c) {
      const int32_t sum =
          tsr_resize_mix(top[left + c], top[right + c], bottom[left + c], bottom[right + c], weight, lower);
      to[c] = tsr_requantize((p->bias + sum) * p->pre_scale, p->multiplier, p->offset, p->shift, p->min, p->max);
    }
  }
}
