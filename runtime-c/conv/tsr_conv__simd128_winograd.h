/*
 * Convolution with kernels 3 wide, stride 1, for WebAssembly SIMD: 4 neighbouring outputs from 6 products, not from 12.
 * Winograd's minimal filtering F(4, 3) along the row (Lavin and Gray, arXiv 1509.09308), in integers and exact:
 *
 *   inputs   t0 = 4 d0 - 5 d2 + d4                 weights  u0 = g0                  sums  m = sum of t * u
 *            t1 = d4 - 4 d2 + (d3 - 4 d1)                   u1 = g0 + g1 + g2
 *            t2 = d4 - 4 d2 - (d3 - 4 d1)                   u2 = g0 - g1 + g2
 *            t3 = d4 - d2 + 2 (d3 - d1)                     u3 = g0 + 2 g1 + 4 g2
 *            t4 = d4 - d2 - 2 (d3 - d1)                     u4 = g0 - 2 g1 + 4 g2
 *            t5 = 4 d1 - 5 d3 + d5                          u5 = g2
 *
 *   24 y0 = 6 m0 - 4 (m1 + m2) + m3 + m4                     6 y2 = m3 + m4 - (m1 + m2)
 *   12 y1 = m3 - m4 - 2 (m1 - m2)                            6 y3 = 2 (m3 - m4) - (m1 - m2) + 6 m5
 *
 * Sums may wrap: y is exact as long as 8 * y * pre_scale fits int32. 3 is divided by with its inverse modulo 2^32.
 *
 * rows, out, segment  as tsr_conv; in_channels a multiple of 8, kernel_h * in_channels at most 384, out_channels at least 8
 * scratch     none; 21 KB of stack
 * weights     [blocks of 8 output channels][6][pairs of kernel_h * in_channels][8 channels][2]: u0 to u5, four bytes for
 *             each weight of the model. Blocks as tsr_conv__simd128.h
 * bias        times pre_scale
 * padding     [in_channels]: the input zero point, for rows and columns outside the input
 * Measured in V8 on an x86 machine, 10^9 MACs of the model a second: 16 -> 16 channels, rows of 32: 50
 * (tsr_conv_s8s8__simd128: 28); 32 -> 32, rows of 16: 64 (34); 64 -> 64, rows of 8: 61 (36). Segments narrower than 4 cost as much as 4.
 */
#ifndef TSR_CONV_SIMD128_WINOGRAD_H
#define TSR_CONV_SIMD128_WINOGRAD_H

#include "tsr.h"

typedef struct tsr_conv_simd128_winograd {
  const int16_t *weights;
  const int32_t *bias;        /* [out_channels] */
  const int32_t *multipliers; /* [out_channels] */
  const int8_t *padding;
  int32_t pre_scale;
  int32_t offset;
  int32_t shift;
  int32_t min;
  int32_t max;
  int32_t in_channels;
  int32_t out_channels;
  int32_t kernel_h;
  int32_t in_pixel;
  int32_t out_pixel;
} tsr_conv_simd128_winograd;

void tsr_conv_s8s8__simd128_winograd(const tsr_conv_simd128_winograd *p, const int8_t *const *rows, int8_t *out,
                                     const tsr_segment *segment, void *scratch);

#endif
