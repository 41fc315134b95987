#include "tsr_remap.h"

/* Where in the input the block at an output index lies, or -1 where it is not of the input. */
static inline int32_t position_of(const tsr_remap *p, const int32_t *index) {
  const uint16_t *list = p->indices;
  int32_t position = 0;
  for (int32_t axis = 0; axis < tsr_remap_axes; ++axis) {
    const int32_t from = list[index[axis]];
    if (from == tsr_remap_fill) return -1;
    position += from * p->strides[axis];
    list += p->shape[axis];
  }
  return position;
}

void tsr_remap_s8__portable(const tsr_remap *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                            void *scratch) {
  (void)scratch;
  (void)segment;
  int32_t index[tsr_remap_axes] = {0};
  for (;;) {
    const int32_t position = position_of(p, index);
    if (position < 0) {
      for (int32_t i = 0; i < p->block; ++i) *out++ = (int8_t)p->fill;
    } else if (p->table != NULL) {
      for (int32_t i = 0; i < p->block; ++i) *out++ = p->table[rows[0][position + i] + 128];
    } else {
      for (int32_t i = 0; i < p->block; ++i) *out++ = rows[0][position + i];
    }
    int32_t axis = tsr_remap_axes - 1;
    for (; axis >= 0; --axis) {
      if (++index[axis] < p->shape[axis]) break;
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}
