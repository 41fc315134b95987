/*
 * The sums of the convolutions for Arm DSP. A file that includes this defines CONV_DSP_SHIFT, the shift of its
 * requantisation, which the instruction holds as a constant; there may be several such files in one translation unit, so
 * the functions have the shift in their names. With CONV_DSP_ONE_PIXEL pixels are computed one by one: half the code, the
 * same weights. For anyone else there is nothing here.
 */
#ifdef CONV_DSP_SHIFT
#include "tsr_conv__dsp_body.h"

#ifdef CONV_DSP_ONE_PIXEL
#define CONV_DSP_JOINED(name, shift) name##_##shift##_one
#else
#define CONV_DSP_JOINED(name, shift) name##_##shift
#endif
#define CONV_DSP_NAMED(name, shift) CONV_DSP_JOINED(name, shift)
#define conv_dsp_rest CONV_DSP_NAMED(conv_dsp_rest_of_shift, CONV_DSP_SHIFT)
#define conv_dsp_clamp CONV_DSP_NAMED(conv_dsp_clamp_of_shift, CONV_DSP_SHIFT)
#define conv_dsp CONV_DSP_NAMED(conv_dsp_of_shift, CONV_DSP_SHIFT)

/* The channels behind the packed ones, one by one, for any number of pixels; `weights` are those of all channels. */
TSR_DSP_CALL void conv_dsp_rest(const conv_dsp_call *call, const int32_t *weights, int32_t pixels) {
  const tsr_conv_dsp_shape *p = call->p;
  const int32_t words = (p->pairs + 1) >> 1;
  weights += p->packed_channels / 4 * (8 + 2 * p->pairs);
  for (int32_t c = p->packed_channels; c < p->out_channels; ++c, weights += words + 2) {
    for (int32_t i = 0; i < pixels; ++i) {
      int32_t sum = weights[0];
      const uint32_t *a = call->activations + i;
      for (int32_t k = 0; k < p->pairs >> 1; ++k, a += 2 * pixels) {
        const uint32_t w = (uint32_t)weights[1 + k];
        sum = tsr_dsp_smlad(a[pixels], tsr_dsp_sxtb16_odd(w), tsr_dsp_smlad(a[0], tsr_dsp_sxtb16(w), sum));
      }
      if ((p->pairs & 1) != 0) sum = tsr_dsp_smlad(a[0], tsr_dsp_sxtb16((uint32_t)weights[words]), sum);
      tsr_dsp_put(call->out + i * p->out_pixel + c, sum, weights[words + 1], p->offset, CONV_DSP_SHIFT);
    }
  }
}

/* Limits all outputs of a call to [min, max]. */
TSR_DSP_SELDOM void conv_dsp_clamp(const tsr_conv_dsp_shape *p, int8_t *out, int32_t width) {
  if (p->out_pixel == p->out_channels || p->out_pixel == 0) {
    tsr_dsp_clamp(out, width * p->out_channels, p->min, p->max);
    return;
  }
  for (; width > 0; --width, out += p->out_pixel) tsr_dsp_clamp(out, p->out_channels, p->min, p->max);
}

TSR_DSP_INLINE void conv_dsp(const tsr_conv_dsp *layer, const int8_t *const *rows, int8_t *out,
                             const tsr_segment *segment, void *scratch) {
  const tsr_conv_dsp_shape *p = layer->shape;
  const int32_t width = segment->out_width;
  const int32_t first = -segment->pad_left;
#ifdef CONV_DSP_ONE_PIXEL
  const int32_t planar = 0;
  int32_t pixels = 1;
#else
  const int32_t planar = p->out_pixel == 0;
  int32_t pixels = p->group;
#endif
  conv_dsp_call call;
  call.p = p;
  call.rows = rows;
  call.in_width = segment->in_width;
  call.first = first;
  call.left = width;
  call.out = out;
  call.activations = scratch;
  call.plain = p->form == tsr_conv_dsp_single && rows[0] != NULL && first >= 0 &&
               first + (width - 1) * p->stride_w < segment->in_width;
  tsr_dsp_dot dot;
  dot.offset = p->offset;
  dot.odd_offset = 256 * p->offset;
  dot.pixel = planar ? width : p->out_pixel;
  dot.pixel3 = 3 * p->out_pixel;
  dot.channel = planar ? width : 1;
  dot.channel3 = 3 * dot.channel;
  const int32_t bytes = p->packed_channels * dot.channel;
  const int32_t next = planar ? 1 : p->out_pixel;
  dot.weights = layer->weights;
  dot.activations = call.activations;
  dot.pairs = p->pairs;
  /* Groups of so many pixels as long as they are there, then of half as many. */
  do {
    while (pixels > call.left) pixels >>= 1;
    tsr_dsp_dot_group(&dot, pixels);
    do {
      conv_dsp_expand_pixels(&call, pixels);
      if (bytes > 0) {
#ifdef CONV_DSP_ONE_PIXEL
        tsr_dsp_dot_1_interleaved(&dot, call.out, bytes, CONV_DSP_SHIFT);
#else
        if (pixels == 4) {
          tsr_dsp_dot_4(&dot, call.out, bytes, CONV_DSP_SHIFT);
        } else if (pixels == 2) {
          tsr_dsp_dot_2(&dot, call.out, bytes, CONV_DSP_SHIFT);
        } else {
          tsr_dsp_dot_1(&dot, call.out, bytes, CONV_DSP_SHIFT);
        }
#endif
      }
      if (p->packed_channels < p->out_channels) conv_dsp_rest(&call, dot.weights, pixels);
      call.first += pixels * p->stride_w;
      call.out += pixels * next;
      call.left -= pixels;
    } while (call.left >= pixels);
  } while (call.left > 0);
  if (p->min > -128 || p->max < 127) conv_dsp_clamp(p, out, width);
}

#undef conv_dsp_rest
#undef conv_dsp_clamp

#endif
