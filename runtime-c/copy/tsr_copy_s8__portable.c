#include "tsr_copy.h"

void tsr_copy_s8__portable(const tsr_copy *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                           void *scratch) {
  (void)scratch;
  for (int32_t x = 0; x < segment->out_width; ++x) {
    const int32_t column = x * p->stride_w - segment->pad_left;
    if (column < 0 || column >= segment->in_width) continue;
    const int8_t *from = rows[0] + column * p->in_pixel + p->input_offset;
    int8_t *to = out + x * p->out_pixel;
    if (p->table != NULL) {
      for (int32_t c = 0; c < p->channels; ++c) to[c] = p->table[from[c * p->channel_stride] + 128];
    } else {
      for (int32_t c = 0; c < p->channels; ++c) to[c] = from[c * p->channel_stride];
    }
  }
}
