#include "tsr_strided.h"

void tsr_strided_s8__portable(const tsr_strided *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                              void *scratch) {
  (void)scratch;
  (void)segment;
  int32_t index[tsr_strided_axes] = {0};
  /* A position rather than a pointer: between two axes it may lie outside the input. */
  int32_t position = p->input_offset;
  const int32_t inner = p->shape[tsr_strided_axes - 1];
  const int32_t inner_stride = p->strides[tsr_strided_axes - 1];
  for (;;) {
    const int8_t *from = rows[0] + position;
    if (p->table != NULL) {
      for (int32_t i = 0; i < inner; ++i) *out++ = p->table[from[i * inner_stride] + 128];
    } else {
      for (int32_t i = 0; i < inner; ++i) *out++ = from[i * inner_stride];
    }
    int32_t axis = tsr_strided_axes - 2;
    for (; axis >= 0; --axis) {
      position += p->strides[axis];
      if (++index[axis] < p->shape[axis]) break;
      position -= p->strides[axis] * p->shape[axis];
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}
