/*
 * Runs a portable kernel and its variant side by side on cases that it reads from memory. The generated part of the
 * driver fills the two parameter structs; kernels_check runs the cases.
 *
 * Every row, array and scratch is an allocation of its own, of exactly the bytes that the kernel may touch, so that a
 * sanitizer sees any byte beyond. Outputs stand between guard bytes; they are compared with their gaps and guards.
 */
#ifndef DRIVER_H
#define DRIVER_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tsr.h"

enum { DRIVER_GUARD = 16, DRIVER_ROWS = 64, DRIVER_BLOCKS = 64 };

typedef struct driver {
  const unsigned char *next;
  void *blocks[DRIVER_BLOCKS]; /* what the case at hand has allocated */
  int32_t count;
} driver;

static inline int32_t driver_number(driver *d) {
  int32_t value;
  memcpy(&value, d->next, sizeof value);
  d->next += sizeof value;
  return value;
}

/* Bytes of the case, `offset` bytes into an allocation that ends with them; NULL where the length is negative. */
static inline void *driver_block(driver *d) {
  const int32_t bytes = driver_number(d);
  const int32_t offset = driver_number(d);
  if (bytes < 0) return NULL;
  char *block = malloc((size_t)(bytes + offset + (bytes + offset == 0)));
  if (block == NULL || d->count == DRIVER_BLOCKS) abort();
  d->blocks[d->count++] = block;
  memset(block, 0x55, (size_t)offset);
  memcpy(block + offset, d->next, (size_t)bytes);
  d->next += (bytes + 3) / 4 * 4;
  return block + offset;
}

static inline void driver_free(driver *d) {
  while (d->count > 0) free(d->blocks[--d->count]);
}

typedef void (*driver_kernel)(const void *p, const int8_t *const *rows, int8_t *out, const tsr_segment *segment,
                              void *scratch);

/* Calls a kernel for all steps of a case; the output goes between the guards of `out`. */
static inline void driver_run(driver *d, driver_kernel kernel, const void *p, int8_t *out, int32_t out_bytes) {
  void *scratch = driver_block(d);
  memset(out, 0x5a, (size_t)(out_bytes + 2 * DRIVER_GUARD));
  const int32_t steps = driver_number(d);
  for (int32_t step = 0; step < steps; ++step) {
    const int8_t *rows[DRIVER_ROWS];
    tsr_segment segment;
    segment.row = driver_number(d);
    segment.column = driver_number(d);
    segment.out_width = driver_number(d);
    segment.in_width = driver_number(d);
    segment.pad_left = driver_number(d);
    const int32_t count = driver_number(d);
    if (count > DRIVER_ROWS) abort();
    for (int32_t i = 0; i < count; ++i) rows[i] = driver_block(d);
    kernel(p, rows, out + DRIVER_GUARD, &segment, scratch);
  }
}

/* Makes pixels of so many channels of rows of channels, where a kernel wrote those; 0 where it did not. */
static inline void driver_interleave(int8_t *out, int32_t out_bytes, int32_t channels) {
  if (channels == 0) return;
  const int32_t width = out_bytes / channels;
  int8_t *planar = malloc((size_t)out_bytes);
  if (planar == NULL) abort();
  memcpy(planar, out + DRIVER_GUARD, (size_t)out_bytes);
  for (int32_t i = 0; i < width * channels; ++i) out[DRIVER_GUARD + i] = planar[i % channels * width + i / channels];
  free(planar);
}

/* Compares what two kernels gave. Returns the index of the first byte that differs from the output's start, or -1. */
static inline int32_t driver_compare(const int8_t *a, const int8_t *b, int32_t out_bytes) {
  for (int32_t i = 0; i < out_bytes + 2 * DRIVER_GUARD; ++i) {
    if (a[i] != b[i]) return i;
  }
  return -1;
}

/* Runs all cases; prints the first few that differ. Returns their number. */
int32_t driver_check(const unsigned char *cases);

#endif
