/*
 * Depthwise convolution of any size, stride and dilation on Arm DSP: four channels at a time, pixel by pixel.
 *
 * Instructions a multiply-accumulate, counted in QEMU (Cortex-M4, gcc -O2), padding counted though it is left out: 7 x
 * 7 in
 * maps of 5 x 5 2.0, in maps of 3 x 3 1.2; 5 x 5 in maps of 10 x 10 4.0. The portable kernel: 11.
 */
#include "tsr_depthwise__dsp.h"
#include "tsr_dsp_taps.h"

static inline int32_t depthwise_dsp_output(const tsr_depthwise_dsp_shape *p, int32_t sum, int32_t multiplier) {
  const int32_t scaled = (int32_t)((uint32_t)sum << p->pre_shift);
  return tsr_dsp_ssat8(tsr_dsp_smmla(scaled, multiplier, p->offset) >> p->shift);
}

/* Channels that are no multiple of four: one by one. */
static void depthwise_dsp_last(const tsr_depthwise_dsp_shape *p, const tsr_dsp_taps *taps, const tsr_dsp_run *runs,
                          const int32_t *weights, int8_t *out) {
  const int32_t first = p->channels & ~3;
  const int32_t channels = p->channels - first;
  const int8_t *bytes = (const int8_t *)(weights + 2 * channels);
  for (int32_t c = 0; c < channels; ++c, bytes += p->kernel_h * p->kernel_w) {
    int32_t sum = weights[c];
    for (const tsr_dsp_run *run = runs; run != taps->end; ++run) {
      const int8_t *pixel = run->from + first + c;
      for (int32_t t = 0; t < taps->count; ++t, pixel += taps->step) {
        sum += (*pixel - p->input_zero_point) * bytes[run->weights / 4 + t];
      }
    }
    out[first + c] = (int8_t)tsr_min(tsr_max(depthwise_dsp_output(p, sum, weights[channels + c]), p->min), p->max);
  }
}

/* The output pixel whose first tap is column `first`. */
static void depthwise_dsp_pixel(const tsr_depthwise_dsp *layer, const int8_t *const *rows, int8_t *out,
                                int32_t in_width, int32_t first) {
  const tsr_depthwise_dsp_shape *p = layer->shape;
  tsr_dsp_run runs[tsr_depthwise_dsp_rows];
  tsr_dsp_taps taps;
  const int32_t from = first >= 0 ? 0 : (p->dilation_w - 1 - first) / p->dilation_w;
  const int32_t behind = tsr_floor_div(in_width - 1 - first, p->dilation_w) + 1;
  taps.count = tsr_min(behind, p->kernel_w) - from;
  taps.step = p->dilation_w * p->in_pixel;
  taps.minus_zero_point = (uint32_t)(-p->input_zero_point & 0xffff) * 0x10001u;
  tsr_dsp_run *end = runs;
  for (int32_t ky = 0; ky < p->kernel_h && taps.count > 0; ++ky) {
    if (rows[ky] == NULL) continue;
    end->from = rows[ky] + (first + from * p->dilation_w) * p->in_pixel;
    end->weights = 4 * (ky * p->kernel_w + from);
    ++end;
  }
  taps.end = end;
  const uint32_t least = tsr_dsp_four(p->min);
  const uint32_t most = tsr_dsp_four(p->max);
  const int32_t words = p->kernel_h * p->kernel_w;
  const int32_t *weights = layer->weights;
  for (int32_t c = 0; c + 4 <= p->channels; c += 4) {
    taps.run = runs;
    taps.channel = c;
    taps.weights = (const int8_t *)(weights + 4);
    int32_t sums[4] = {weights[0], weights[1], weights[2], weights[3]};
    if (end != runs) tsr_dsp_add_taps(&taps, sums);
    weights += 4 + words;
    const uint32_t even = tsr_dsp_pack((uint32_t)depthwise_dsp_output(p, sums[0], weights[0]),
                                       (uint32_t)depthwise_dsp_output(p, sums[2], weights[2]));
    const uint32_t odd = tsr_dsp_pack((uint32_t)depthwise_dsp_output(p, sums[1], weights[1]),
                                      (uint32_t)depthwise_dsp_output(p, sums[3], weights[3]));
    const uint32_t word = (even & 0x00ff00ffu) | (odd & 0x00ff00ffu) << 8;
    tsr_dsp_store(out + c, tsr_dsp_min8(tsr_dsp_max8(word, least), most));
    weights += 4;
  }
  depthwise_dsp_last(p, &taps, runs, weights, out);
}

void tsr_depthwise_s8s8__dsp(const tsr_depthwise_dsp *layer, const int8_t *const *rows, int8_t *out,
                             const tsr_segment *segment, void *scratch) {
  const tsr_depthwise_dsp_shape *p = layer->shape;
  (void)scratch;
  for (int32_t x = 0; x < segment->out_width; ++x) {
    depthwise_dsp_pixel(layer, rows, out + x * p->out_pixel, segment->in_width, x * p->stride_w - segment->pad_left);
  }
}
