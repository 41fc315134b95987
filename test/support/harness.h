/* Runs generated models as a firmware would, and watches over them: what the native and the WebAssembly driver share. */
#ifndef HARNESS_H
#define HARNESS_H

#include "tsr.h"

/* A model; `in` and `out` hold its inputs and outputs one behind the other. `run` gives 0 if rows came out of order. */
typedef struct harness_model {
  const char *name;
  int32_t arena_bytes;
  int32_t input_bytes;
  int32_t output_bytes;
  int (*run)(int8_t *arena, const int8_t *in, int8_t *out);
  int (*self_test)(void *arena);
} harness_model;

/* An input that is fetched row by row. */
typedef struct harness_stream {
  const int8_t *rows;
  int32_t row_bytes;
  int32_t next;
} harness_stream;

/* Bytes before and behind the arena. Not a multiple of 8, so that the arena has the least alignment allowed. */
#define HARNESS_GUARD 68

enum { harness_ok, harness_guard, harness_order, harness_differs, harness_self_test };

static inline uint32_t harness_next(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 24;
}

static inline void harness_copy(int8_t *to, const int8_t *from, int32_t count) {
  for (int32_t i = 0; i < count; ++i) to[i] = from[i];
}

/* Fills the arena with noise, so that nothing can rely on what lies there, and the guards with a pattern. */
static inline void harness_poison(const harness_model *model, int8_t *block, uint32_t seed) {
  for (int32_t i = 0; i < model->arena_bytes + 2 * HARNESS_GUARD; ++i) block[i] = (int8_t)(harness_next(&seed) & 0x7f);
  for (int32_t i = 0; i < HARNESS_GUARD; ++i) {
    block[i] = (int8_t)(i ^ 0x55);
    block[HARNESS_GUARD + model->arena_bytes + i] = (int8_t)(i ^ 0x2a);
  }
}

static inline int harness_guarded(const harness_model *model, const int8_t *block) {
  for (int32_t i = 0; i < HARNESS_GUARD; ++i) {
    if (block[i] != (int8_t)(i ^ 0x55) || block[HARNESS_GUARD + model->arena_bytes + i] != (int8_t)(i ^ 0x2a)) return 0;
  }
  return 1;
}

/*
 * Runs a model twice, each time in an arena full of other noise, and its self-test. `block` is the arena with guards
 * on both sides; `again` holds the outputs of the second run.
 */
static inline int harness_check(const harness_model *model, int8_t *block, const int8_t *in, int8_t *out, int8_t *again) {
  int8_t *arena = block + HARNESS_GUARD;
  harness_poison(model, block, 1);
  if (!model->run(arena, in, out)) return harness_order;
  if (!harness_guarded(model, block)) return harness_guard;
  harness_poison(model, block, 2);
  if (!model->run(arena, in, again)) return harness_order;
  for (int32_t i = 0; i < model->output_bytes; ++i) {
    if (out[i] != again[i]) return harness_differs;
  }
  if (!model->self_test(arena)) return harness_self_test;
  return harness_guarded(model, block) ? harness_ok : harness_guard;
}

#endif
