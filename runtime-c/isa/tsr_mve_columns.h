/* Columns of several rows side by side, for windows that overlap, with Helium. */
#ifndef TSR_MVE_COLUMNS_H
#define TSR_MVE_COLUMNS_H

#include "tsr_mve_bytes.h"

/*
 * What tsr_mve_turn_columns copies: of each column of `height` rows, whose pixels have `channels` bytes `pixel` bytes
 * apart, the rows one behind the other. together: columns that are copied at a time where pixels lie side by side, so
 * that together * channels is at most 16 and (together - 1) * height * channels + channels at most 256; else 0.
 */
typedef struct tsr_mve_turn {
  int32_t height;
  int32_t channels;
  int32_t pixel;
  int32_t together;
  int32_t padding; /* the value of what lies outside the input */
} tsr_mve_turn;

#if defined(__ARM_FEATURE_MVE)

/* Where the bytes of a vector of columns go, `step` from a column to the next. */
TSR_MVE_INLINE uint8x16_t tsr_mve_column_places(int32_t channels, int32_t step) {
  /* Lane / channels, by a multiplication: exact for lanes below 16. */
  const uint8x16_t lane = vidupq_n_u8(0, 1);
  const uint8x16_t column = channels == 1 ? lane : vmulhq_u8(lane, vdupq_n_u8((uint8_t)((255 + channels) / channels)));
  return vmlaq_n_u8(lane, column, (uint8_t)(step - channels));
}

/*
 * Columns of three channels, `step` apart, at most 12. Five of them go as 16 bytes, of which the last is the first of the
 * next column and lands there, as long as there is a next column in the row; 20 at a time.
 */
TSR_MVE_INLINE void tsr_mve_spread_threes(const tsr_mve_turn *p, const int8_t *const *rows, int32_t first,
                                          int32_t columns, int8_t *to, int32_t step) {
  const uint8x16_t places = tsr_mve_column_places(3, step);
  const uint8x16_t second = vaddq_n_u8(places, (uint8_t)(5 * step));
  const uint8x16_t third = vaddq_n_u8(second, (uint8_t)(5 * step));
  const uint8x16_t fourth = vaddq_n_u8(third, (uint8_t)(5 * step));
  const int32_t fives = (columns * 3 - 1) / 15;
  const int32_t twenties = fives >> 2;
  const int32_t further = 5 * step;
  for (int32_t ky = 0; ky < p->height; ++ky, to += 3) {
    if (rows[ky] == NULL) continue;
    const int8_t *from = rows[ky] + first;
    int8_t *row = to;
    mve_pred16_t there;
    __asm__ volatile(
        "wls lr, %[twenties], 2f\n1:\n\tvldrb.8 q0, [%[from]], #15\n\tvstrb.8 q0, [%[row], %q[places]]\n\t"
        "vldrb.8 q0, [%[from]], #15\n\tvstrb.8 q0, [%[row], %q[second]]\n\tvldrb.8 q0, [%[from]], #15\n\t"
        "vstrb.8 q0, [%[row], %q[third]]\n\tvldrb.8 q0, [%[from]], #15\n\tvstrb.8 q0, [%[row], %q[fourth]]\n\t"
        "add %[row], %[row], %[further], lsl #2\n\tle lr, 1b\n2:\n\twls lr, %[fives], 4f\n3:\n\tvldrb.8 q0, [%[from]], #15\n\t"
        "vstrb.8 q0, [%[row], %q[places]]\n\tadd %[row], %[further]\n\tle lr, 3b\n4:\n\tvctp.8 %[rest]\n\tvpstt\n\t"
        "vldrbt.8 q0, [%[from]]\n\tvstrbt.8 q0, [%[row], %q[places]]"
        : [row] "+r"(row), [from] "+r"(from), [there] "=Up"(there)
        : [twenties] "r"(twenties), [fives] "r"(fives & 3), [further] "r"(further), [rest] "r"(columns * 3 - fives * 15),
          [places] "w"(places), [second] "w"(second), [third] "w"(third), [fourth] "w"(fourth)
        : "lr", "cc", "memory", "q0");
  }
}

/* Copies `columns` pixels that lie side by side, of each row that is there, to places `step` apart. */
TSR_MVE_INLINE void tsr_mve_spread_columns(const tsr_mve_turn *p, const int8_t *const *rows, int32_t first,
                                           int32_t columns, int8_t *to, int32_t step) {
  if (p->channels == 3 && p->together == 5 && step <= 12) {
    tsr_mve_spread_threes(p, rows, first, columns, to, step);
    return;
  }
  const uint8x16_t places = tsr_mve_column_places(p->channels, step);
  const int32_t bytes = p->together * p->channels;
  const int32_t further = p->together * step;
  const int32_t times = columns / p->together;
  const int32_t rest = columns * p->channels - times * bytes;
  for (int32_t ky = 0; ky < p->height; ++ky, to += p->channels) {
    if (rows[ky] == NULL) continue;
    const int8_t *from = rows[ky] + first;
    int8_t *row = to;
    /* As an operand, so that the compiler knows that the predicate's only register is taken. */
    mve_pred16_t there = vctp8q((uint32_t)bytes);
    __asm__ volatile(
        "wls lr, %[times], 2f\n1:\n\tvpstt\n\tvldrbt.8 q0, [%[from]]\n\tvstrbt.8 q0, [%[row], %q[places]]\n\tadd %[from], %[bytes]\n\t"
        "add %[row], %[further]\n\tle lr, 1b\n2:\n\tvctp.8 %[rest]\n\tvpstt\n\tvldrbt.8 q0, [%[from]]\n\t"
        "vstrbt.8 q0, [%[row], %q[places]]"
        : [row] "+r"(row), [from] "+r"(from), [there] "+Up"(there)
        : [times] "r"(times), [bytes] "r"(bytes), [further] "r"(further), [rest] "r"(rest), [places] "w"(places)
        : "lr", "cc", "memory", "q0");
  }
}

#else

TSR_MVE_INLINE void tsr_mve_spread_columns(const tsr_mve_turn *p, const int8_t *const *rows, int32_t first,
                                           int32_t columns, int8_t *to, int32_t step) {
  for (int32_t ky = 0; ky < p->height; ++ky) {
    for (int32_t x = 0; x < columns && rows[ky] != NULL; ++x) {
      for (int32_t c = 0; c < p->channels; ++c) {
        to[x * step + ky * p->channels + c] = rows[ky][first + x * p->channels + c];
      }
    }
  }
}

#endif

/* Writes whole vectors: up to 15 bytes more. */
static inline void tsr_mve_fill(int8_t *to, int32_t bytes, int32_t value) {
  const tsr_mve_s8 all = tsr_mve_all_s8(value);
  for (int32_t done = 0; done < bytes; done += 16) tsr_mve_store_s8(to + done, all);
}

/*
 * Copies `columns` columns from `first` on, of rows of `width` pixels; up to 15 bytes behind them are overwritten. Not
 * inlined, so that its frame is not there while windows are multiplied.
 */
static __attribute__((noinline, unused)) void tsr_mve_turn_columns(const tsr_mve_turn *p, const int8_t *const *rows,
                                                                   int32_t width, int32_t first, int32_t columns,
                                                                   int8_t *to) {
  const int32_t step = p->height * p->channels;
  const int32_t begin = first >= 0 ? 0 : tsr_min(columns, -first);
  const int32_t end = tsr_max(begin, tsr_min(columns, width - first));
  int32_t ky = 0;
  while (ky < p->height && rows[ky] != NULL) ++ky;
  if (ky < p->height) {
    tsr_mve_fill(to, columns * step, p->padding);
  } else {
    if (begin > 0) tsr_mve_fill(to, begin * step, p->padding);
    if (end < columns) tsr_mve_fill(to + end * step, (columns - end) * step, p->padding);
  }
  to += begin * step;
  if (end == begin) return;
  if (p->together > 0) {
    tsr_mve_spread_columns(p, rows, (first + begin) * p->pixel, end - begin, to, step);
    return;
  }
  for (ky = 0; ky < p->height; ++ky, to += p->channels) {
    if (rows[ky] == NULL) continue;
    const int8_t *from = rows[ky] + (first + begin) * p->pixel;
    for (int32_t c = 0; c < p->channels; c += 16) {
      tsr_mve_copy_parts(to + c, from + c, tsr_min(16, p->channels - c), end - begin, step, p->pixel);
    }
  }
}

#endif
