/* Runs generated models as a firmware would, and watches over them: what the native and the WebAssembly driver share. */
#ifndef HARNESS_H
#define HARNESS_H

#include "tsr.h"

#if defined(__SANITIZE_ADDRESS__)
#define HARNESS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HARNESS_ASAN 1
#endif
#endif
#ifdef HARNESS_ASAN
#include <sanitizer/asan_interface.h>
#endif

/* The most regions that an arena of a test has. */
#define HARNESS_REGIONS 4

/* A model; `in` and `out` hold its inputs and outputs one behind the other. `run` gives 0 if rows came out of order. */
typedef struct harness_model {
  const char *name;
  int32_t arena_bytes; /* of all regions, and the guards between them */
  int32_t input_bytes;
  int32_t output_bytes;
  int (*run)(int8_t *arena, const int8_t *in, int8_t *out);
  int (*self_test)(int8_t *arena);
  int32_t region_count;
  int32_t regions[HARNESS_REGIONS]; /* the bytes of each */
} harness_model;

/* An input that is fetched row by row. */
typedef struct harness_stream {
  const int8_t *rows;
  int32_t row_bytes;
  int32_t next;
} harness_stream;

/* An output that is handed over row by row. */
typedef struct harness_drain {
  int8_t *rows;
  int32_t row_bytes;
  int32_t next;
} harness_drain;

/* Bytes before and behind each region. Not a multiple of 8, so that it has the least alignment allowed. */
#define HARNESS_GUARD 68

enum { harness_ok, harness_guard, harness_order, harness_differs, harness_self_test };

static inline uint32_t harness_next(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 24;
}

/* A guard: number 0 is before region 0, number 1 behind it and before region 1. */
static inline int8_t *harness_guard_at(const harness_model *model, int8_t *block, int32_t number) {
  for (int32_t i = 0; i < number; ++i) block += HARNESS_GUARD + model->regions[i];
  return block;
}

/* Makes every access to the guards an error that the address sanitizer stops at, or lifts that again. */
static inline void harness_lock(const harness_model *model, int8_t *block, int locked) {
#ifdef HARNESS_ASAN
  for (int32_t i = 0; i <= model->region_count; ++i) {
    if (locked) {
      __asan_poison_memory_region(harness_guard_at(model, block, i), HARNESS_GUARD);
    } else {
      __asan_unpoison_memory_region(harness_guard_at(model, block, i), HARNESS_GUARD);
    }
  }
#else
  (void)model;
  (void)block;
  (void)locked;
#endif
}

static inline void harness_copy(int8_t *to, const int8_t *from, int32_t count) {
  for (int32_t i = 0; i < count; ++i) to[i] = from[i];
}

/* Fills the arena with noise, so that nothing can rely on what lies there, and the guards with a pattern. */
static inline void harness_poison(const harness_model *model, int8_t *block, uint32_t seed) {
  for (int32_t i = 0; i < model->arena_bytes + 2 * HARNESS_GUARD; ++i) block[i] = (int8_t)(harness_next(&seed) & 0x7f);
  for (int32_t number = 0; number <= model->region_count; ++number) {
    int8_t *guard = harness_guard_at(model, block, number);
    for (int32_t i = 0; i < HARNESS_GUARD; ++i) guard[i] = (int8_t)(i ^ (0x55 + number));
  }
}

static inline int harness_guarded(const harness_model *model, int8_t *block) {
  for (int32_t number = 0; number <= model->region_count; ++number) {
    const int8_t *guard = harness_guard_at(model, block, number);
    for (int32_t i = 0; i < HARNESS_GUARD; ++i) {
      if (guard[i] != (int8_t)(i ^ (0x55 + number))) return 0;
    }
  }
  return 1;
}

/* One run in an arena full of noise. */
static inline int harness_run(const harness_model *model, int8_t *block, uint32_t noise, const int8_t *in, int8_t *out) {
  harness_poison(model, block, noise);
  harness_lock(model, block, 1);
  const int ordered = model->run(block + HARNESS_GUARD, in, out);
  harness_lock(model, block, 0);
  if (!ordered) return harness_order;
  return harness_guarded(model, block) ? harness_ok : harness_guard;
}

/*
 * Runs a model twice, each time in an arena full of other noise, and its self-test. `block` is the arena with guards
 * on both sides; `again` holds the outputs of the second run.
 */
static inline int harness_check(const harness_model *model, int8_t *block, const int8_t *in, int8_t *out, int8_t *again) {
  const int first = harness_run(model, block, 1, in, out);
  if (first != harness_ok) return first;
  const int second = harness_run(model, block, 2, in, again);
  if (second != harness_ok) return second;
  for (int32_t i = 0; i < model->output_bytes; ++i) {
    if (out[i] != again[i]) return harness_differs;
  }
  harness_lock(model, block, 1);
  const int passed = model->self_test(block + HARNESS_GUARD);
  harness_lock(model, block, 0);
  if (!passed) return harness_self_test;
  return harness_guarded(model, block) ? harness_ok : harness_guard;
}

#endif
