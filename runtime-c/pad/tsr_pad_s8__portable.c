#include "tsr_pad.h"

static inline int8_t *fill(int8_t *to, int32_t value, int32_t count) {
  for (int32_t i = 0; i < count; ++i) to[i] = (int8_t)value;
  return to + count;
}

void tsr_pad_s8__portable(const tsr_pad *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                          void *scratch) {
  (void)scratch;
  for (int32_t x = 0; x < segment->out_width; ++x) {
    const int32_t column = x - segment->pad_left;
    int8_t *to = out + x * p->out_pixel;
    if (rows[0] == NULL || column < 0 || column >= segment->in_width) {
      (void)fill(to, p->value, p->channels_before + p->channels + p->channels_after);
      continue;
    }
    const int8_t *from = rows[0] + column * p->in_pixel + p->input_offset;
    to = fill(to, p->value, p->channels_before);
    if (p->table != NULL) {
      for (int32_t c = 0; c < p->channels; ++c) to[c] = p->table[from[c] + 128];
    } else {
      for (int32_t c = 0; c < p->channels; ++c) to[c] = from[c];
    }
    (void)fill(to + p->channels, p->value, p->channels_after);
  }
}
