/*
 * Tessera runtime: what every kernel shares.
 *
 * A row kernel computes one row of its output, or a segment of the row's pixels, from pointers to the input rows that
 * it needs. It neither knows nor cares where a row lives: in a whole tensor, in a ring of a few rows, or in flash.
 * A row is width pixels of channels bytes, pixel-interleaved. A row pointer that is NULL stands for a row of padding.
 *
 * No kernel allocates, keeps state between calls, or uses floating point. Signed right shifts are arithmetic, as on
 * every compiler for the machines that we target.
 */
#ifndef TSR_H
#define TSR_H

#include <stddef.h>
#include <stdint.h>

/* Which part of a row a call computes. */
typedef struct tsr_segment {
  int32_t row;       /* which step of the layer this is: the output row, or the input row where rows accumulate */
  int32_t out_width; /* output pixels to compute, at least 1 */
  int32_t in_width;  /* pixels that lie behind each input row pointer */
  int32_t pad_left;  /* the first output pixel's first tap lies so many pixels before the row pointers */
} tsr_segment;

/*
 * Where a model that streams its input gets it from: read_row writes row `row` of input `input`, pixel by pixel, to
 * `pixels`. Rows are asked for in order, each once.
 */
typedef struct tsr_source {
  void (*read_row)(void *context, int32_t input, int32_t row, int8_t *pixels);
  void *context;
} tsr_source;

/*
 * Fills `rows` with pointers to `count` rows, `step` apart from row `first` on, of a buffer that keeps `slots` rows of
 * `row_bytes` each: row r of the tensor lies in slot r modulo slots (a whole tensor has as many slots as rows).
 * Rows outside [0, height) are padding: NULL.
 */
static inline void tsr_rows(const int8_t **rows, const int8_t *base, int32_t row_bytes, int32_t slots, int32_t height,
                            int32_t first, int32_t step, int32_t count) {
  for (int32_t i = 0; i < count; ++i) {
    const int32_t r = first + i * step;
    rows[i] = (r < 0 || r >= height) ? NULL : base + (ptrdiff_t)(r % slots) * row_bytes;
  }
}

static inline int32_t tsr_min(int32_t a, int32_t b) { return a < b ? a : b; }

/* Division that rounds towards minus infinity, for a positive divisor. */
static inline int32_t tsr_floor_div(int32_t a, int32_t b) { return a >= 0 ? a / b : -((b - 1 - a) / b); }

/*
 * An accumulator as an output step: floor((acc * multiplier + offset * 2^32) / 2^(32 + shift)), clamped to [min, max].
 * One exact rounding, half up, where offset = zero_point * 2^shift + 2^(shift - 1).
 */
static inline int8_t tsr_requantize(int32_t acc, int32_t multiplier, int32_t offset, int32_t shift, int32_t min,
                                    int32_t max) {
  const int32_t high = (int32_t)(((int64_t)acc * multiplier) >> 32);
  const int32_t y = (high + offset) >> shift;
  return (int8_t)(y < min ? min : y > max ? max : y);
}

/* A real value as an int8 step: value * (1 / scale) in float32, ties to even, saturating. Only at the model's boundary. */
static inline int8_t tsr_quantize(float value, float inverse_scale, int32_t zero_point) {
  float scaled = value * inverse_scale;
  /* Beyond +-512 every zero point saturates. NaN fails both comparisons and becomes the greatest step. */
  scaled = scaled < 512.0f ? scaled : 512.0f;
  scaled = scaled > -512.0f ? scaled : -512.0f;
  int32_t q = (int32_t)scaled;
  const float rest = scaled - (float)q;
  if (rest > 0.5f || (rest == 0.5f && (q & 1) != 0)) ++q;
  if (rest < -0.5f || (rest == -0.5f && (q & 1) != 0)) --q;
  q += zero_point;
  return (int8_t)(q < -128 ? -128 : q > 127 ? 127 : q);
}

/* Byte i of the input of a model's self-test. */
static inline int8_t tsr_test_byte(int32_t i) {
  return (int8_t)((int32_t)((((uint32_t)i + 1u) * 2654435769u) >> 24) - 128);
}

/* FNV-1a, continued from `hash`. */
static inline uint32_t tsr_checksum(uint32_t hash, const int8_t *bytes, int32_t count) {
  for (int32_t i = 0; i < count; ++i) hash = (hash ^ (uint8_t)bytes[i]) * 16777619u;
  return hash;
}

#endif
