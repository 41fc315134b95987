#include "tsr_blocks.h"

void tsr_blocks_s8__portable(const tsr_blocks *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                             void *scratch) {
  (void)scratch;
  (void)segment;
  for (int32_t block = 0; block < p->blocks; ++block) {
    const int8_t *from = rows[0] + block * p->bytes;
    int8_t *to = out + p->output_offset + block * p->output_stride;
    if (p->table != NULL) {
      for (int32_t i = 0; i < p->bytes; ++i) to[i] = p->table[from[i] + 128];
    } else {
      for (int32_t i = 0; i < p->bytes; ++i) to[i] = from[i];
    }
  }
}
