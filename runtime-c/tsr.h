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

/*
 * Stands behind the work of each layer. A build that defines TSR_PROFILE has a function tsr_profile_mark, to which the
 * time since the mark before belongs to `layer`; in any other build a mark is nothing.
 */
#ifdef TSR_PROFILE
void tsr_profile_mark(int32_t layer);
#define TSR_MARK(layer) tsr_profile_mark(layer)
#else
#define TSR_MARK(layer) ((void)0)
#endif

/* Which part of a row a call computes. */
typedef struct tsr_segment {
  int32_t row;       /* which step of the layer this is: the output row, or the input row where rows accumulate */
  int32_t column;    /* which column of the output row is the first */
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
 * Where a model that hands over its outputs puts them: write_row takes row `row` of output `output`, which lies at
 * `pixels` until write_row returns. The rows of each output come in order, each once, while the model runs.
 */
typedef struct tsr_sink {
  void (*write_row)(void *context, int32_t output, int32_t row, const int8_t *pixels);
  void *context;
} tsr_sink;

/*
 * Fills `rows` with pointers to `count` rows, `step` apart from row `first` on, of a tensor of `height` rows of
 * `row_bytes` each. Rows outside [0, height) are padding: NULL.
 */
static inline void tsr_rows(const int8_t **rows, const int8_t *base, int32_t row_bytes, int32_t height, int32_t first,
                            int32_t step, int32_t count) {
  for (int32_t i = 0; i < count; ++i) {
    const int32_t r = first + i * step;
    rows[i] = (r < 0 || r >= height) ? NULL : base + (ptrdiff_t)r * row_bytes;
  }
}

static inline int32_t tsr_min(int32_t a, int32_t b) { return a < b ? a : b; }
static inline int32_t tsr_max(int32_t a, int32_t b) { return a > b ? a : b; }

/* Division that rounds towards minus infinity, for a positive divisor. */
static inline int32_t tsr_floor_div(int32_t a, int32_t b) { return a >= 0 ? a / b : -((b - 1 - a) / b); }

/*
 * Inside a stage a tensor lives in a ring: row r in slot r modulo `slots`. Where there is a window (of `window` pixels,
 * behind the slots), the newest row is written there, and its columns go to the slot as they leave the window: over a
 * row that nobody needs any more.
 */
typedef struct tsr_ring {
  int32_t slots;
  int32_t window;
  int32_t width;
  int32_t height;
  int32_t pixel_bytes;
} tsr_ring;

/* How far a layer of a stage has come: `made` pixels, and its next step is the segment from column x of row y on. */
typedef struct tsr_cursor {
  int32_t y;
  int32_t x;
  int32_t made;
} tsr_cursor;

static inline void tsr_advance(tsr_cursor *cursor, int32_t segment, int32_t width) {
  cursor->made += segment;
  cursor->x += segment;
  if (cursor->x >= width) {
    cursor->x = 0;
    ++cursor->y;
  }
}

/* Rows count from 0: the division without a sign is the cheaper one. */
static inline int8_t *tsr_slot(int8_t *base, tsr_ring ring, int32_t row) {
  return base + (int32_t)((uint32_t)row % (uint32_t)ring.slots) * ring.width * ring.pixel_bytes;
}

/*
 * Four bytes from and to anywhere: one instruction where the machine allows it, and four bytes one by one where not.
 * Compilers without the builtin copy bytes.
 */
#if defined(__GNUC__)
/* What is worth its place only where the compiler sees the constants that it is called with. */
#define TSR_IN_LINE static inline __attribute__((always_inline))
#define TSR_SHORT_BYTES 32
#define TSR_IS_CONSTANT(value) __builtin_constant_p(value)
#define TSR_OUT_OF_LINE static __attribute__((noinline, unused))
static inline uint32_t tsr_load_word(const int8_t *from) {
  uint32_t word;
  __builtin_memcpy(&word, from, sizeof word);
  return word;
}
static inline void tsr_store_word(int8_t *to, uint32_t word) { __builtin_memcpy(to, &word, sizeof word); }
#else
#define TSR_IN_LINE static inline
#define TSR_SHORT_BYTES 0
#define TSR_IS_CONSTANT(value) 0
#define TSR_OUT_OF_LINE static inline
static inline uint32_t tsr_load_word(const int8_t *from) {
  return (uint8_t)from[0] | (uint32_t)(uint8_t)from[1] << 8 | (uint32_t)(uint8_t)from[2] << 16 |
         (uint32_t)(uint8_t)from[3] << 24;
}
static inline void tsr_store_word(int8_t *to, uint32_t word) {
  for (int32_t i = 0; i < 4; ++i) to[i] = (int8_t)(word >> 8 * i);
}
#endif

/* Copies upwards, so that bytes may move down within a window: what is written lies below what is still to be read. */
TSR_OUT_OF_LINE void tsr_move(int8_t *to, const int8_t *from, int32_t bytes) {
  for (; bytes >= 16; bytes -= 16, to += 16, from += 16) {
    const uint32_t a = tsr_load_word(from);
    const uint32_t b = tsr_load_word(from + 4);
    const uint32_t c = tsr_load_word(from + 8);
    const uint32_t d = tsr_load_word(from + 12);
    tsr_store_word(to, a);
    tsr_store_word(to + 4, b);
    tsr_store_word(to + 8, c);
    tsr_store_word(to + 12, d);
  }
  if (bytes == 0) return;
  if ((bytes & 8) != 0) {
    const uint32_t a = tsr_load_word(from);
    const uint32_t b = tsr_load_word(from + 4);
    tsr_store_word(to, a);
    tsr_store_word(to + 4, b);
    to += 8;
    from += 8;
  }
  if ((bytes & 4) != 0) {
    tsr_store_word(to, tsr_load_word(from));
    to += 4;
    from += 4;
  }
  if ((bytes & 2) != 0) {
    *to++ = *from++;
    *to++ = *from++;
  }
  if ((bytes & 1) != 0) *to = *from;
}

/* The same for a few bytes whose number the compiler knows: in line. Source and target may overlap as there. */
TSR_IN_LINE void tsr_shift(int8_t *to, const int8_t *from, int32_t bytes) {
  if (TSR_IS_CONSTANT(bytes) && bytes <= TSR_SHORT_BYTES && (bytes & 3) == 0) {
    /* Not a loop: compilers make one a call of memmove. */
    if (bytes > 0) tsr_store_word(to, tsr_load_word(from));
    if (bytes > 4) tsr_store_word(to + 4, tsr_load_word(from + 4));
    if (bytes > 8) tsr_store_word(to + 8, tsr_load_word(from + 8));
    if (bytes > 12) tsr_store_word(to + 12, tsr_load_word(from + 12));
    if (bytes > 16) tsr_store_word(to + 16, tsr_load_word(from + 16));
    if (bytes > 20) tsr_store_word(to + 20, tsr_load_word(from + 20));
    if (bytes > 24) tsr_store_word(to + 24, tsr_load_word(from + 24));
    if (bytes > 28) tsr_store_word(to + 28, tsr_load_word(from + 28));
  } else {
    tsr_move(to, from, bytes);
  }
}

/* Puts columns [from, to) of row `row`, of which the window ends before column `end`, in their slot. */
TSR_IN_LINE void tsr_commit(int8_t *base, tsr_ring ring, int32_t row, int32_t end, int32_t from, int32_t to) {
  const int32_t first = tsr_max(from, 0);
  if (ring.slots == 0 || to <= first) return;
  const int8_t *window = base + ring.slots * ring.width * ring.pixel_bytes;
  tsr_shift(tsr_slot(base, ring, row) + first * ring.pixel_bytes,
            window + (ring.window - end + first) * ring.pixel_bytes, (to - first) * ring.pixel_bytes);
}

/* Puts what is left of the complete row `row` in its slot. */
TSR_IN_LINE void tsr_settle(int8_t *base, tsr_ring ring, int32_t row) {
  tsr_commit(base, ring, row, ring.width, ring.width - ring.window, ring.width);
}

/* Where the next `count` pixels of a tensor go, from column x of row y on. */
TSR_IN_LINE int8_t *tsr_ring_write(int8_t *base, tsr_ring ring, int32_t y, int32_t x, int32_t count) {
  if (ring.window == 0) return tsr_slot(base, ring, y) + x * ring.pixel_bytes;
  int8_t *window = base + ring.slots * ring.width * ring.pixel_bytes;
  if (x == 0) {
    if (y > 0) tsr_settle(base, ring, y - 1);
  } else {
    if (TSR_IS_CONSTANT(count) && x >= ring.window) {
      /* All segments are as wide, so as many columns leave: the oldest of the window. */
      if (ring.slots > 0) {
        tsr_shift(tsr_slot(base, ring, y) + (x - ring.window) * ring.pixel_bytes, window, count * ring.pixel_bytes);
      }
    } else if (!TSR_IS_CONSTANT(count) || ring.window % count != 0) {
      tsr_commit(base, ring, y, x, x - ring.window, x + count - ring.window);
    }
    tsr_shift(window, window + count * ring.pixel_bytes, (ring.window - count) * ring.pixel_bytes);
  }
  return window + (ring.window - count) * ring.pixel_bytes;
}

/* Column `column` of row `row`, which lies in its slot. */
TSR_IN_LINE const int8_t *tsr_slot_row(int8_t *base, tsr_ring ring, int32_t row, int32_t column) {
  return tsr_slot(base, ring, row) + column * ring.pixel_bytes;
}

/* Column `column` of the newest row, which lies in the window: `made` is how far the maker has come. */
TSR_IN_LINE const int8_t *tsr_window_row(int8_t *base, tsr_ring ring, tsr_cursor made, int32_t column) {
  const int32_t end = made.x > 0 ? made.x : ring.width;
  return base + (ring.slots * ring.width + ring.window - end + column) * ring.pixel_bytes;
}

/*
 * Column `column` of row `row`, which is in the tensor: in the window or in its slot. Without slots no row but the newest
 * is there: a pointer to another is never read (it belongs to a call that takes no columns of this segment).
 */
TSR_IN_LINE const int8_t *tsr_ring_row(int8_t *base, tsr_ring ring, tsr_cursor made, int32_t row, int32_t column) {
  const int32_t newest = made.x > 0 ? made.y : made.y - 1;
  if (ring.window > 0 && (row == newest || ring.slots == 0)) return tsr_window_row(base, ring, made, column);
  return tsr_slot_row(base, ring, row, column);
}

/*
 * Fills `rows` with pointers to column `column` of `count` rows, `step` apart from row `first` on; rows outside the
 * tensor are padding: NULL.
 */
TSR_IN_LINE void tsr_ring_rows(const int8_t **rows, int8_t *base, tsr_ring ring, tsr_cursor made, int32_t first,
                               int32_t step, int32_t count, int32_t column) {
  for (int32_t i = 0; i < count; ++i) {
    const int32_t r = first + i * step;
    rows[i] = r < 0 || r >= ring.height ? NULL : tsr_ring_row(base, ring, made, r, column);
  }
}

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
