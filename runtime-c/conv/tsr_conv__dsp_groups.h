/*
 * Convolution in groups of channels for Arm DSP: each group is computed by the kernel for one, with row pointers that are
 * moved to its channels.
 *
 * weights    the number of groups, and the words of the stream of each; then their streams, as in tsr_conv__dsp.h
 * shape      that of every group: in_channels, out_channels and all that follows from them are a group's
 * ranges     as tsr_conv__dsp.h, and a kernel of at most tsr_conv_dsp_group_rows rows
 */
#ifndef TSR_CONV__DSP_GROUPS_H
#define TSR_CONV__DSP_GROUPS_H

#include "tsr_conv__dsp.h"

#include "tsr_dsp.h"

/* Row pointers, which stand on the stack. */
enum { tsr_conv_dsp_group_rows = 16 };

TSR_DSP_INLINE void conv_dsp_groups(const tsr_conv_dsp *layer, const int8_t *const *rows, int8_t *out,
                                    const tsr_segment *segment, void *scratch,
                                    void (*kernel)(const tsr_conv_dsp *, const int8_t *const *, int8_t *,
                                                   const tsr_segment *, void *)) {
  const tsr_conv_dsp_shape *p = layer->shape;
  const int8_t *own[tsr_conv_dsp_group_rows];
  tsr_conv_dsp one;
  one.weights = layer->weights + 2;
  one.shape = p;
  int32_t channel = 0;
  for (int32_t groups = layer->weights[0]; groups > 0; --groups) {
    for (int32_t y = 0; y < p->kernel_h; ++y) own[y] = rows[y] == NULL ? NULL : rows[y] + channel;
    kernel(&one, own, out, segment, scratch);
    one.weights += layer->weights[1];
    channel += p->in_channels;
    out += p->out_channels;
  }
}

#endif
