/*
 * Measures the layers of several models, which the definitions of measure_models.h list. Prints for each model a line
 * `model I` and for each of its layers `layer I N`. Compiled with MEASURE_TRACE it prints nothing: functions whose names
 * begin with measure_mark_ stand in the trace where a layer ends.
 */
#include "measure_models.h"
#include "qemu.h"

static int8_t arena[MEASURE_ARENA_BYTES] __attribute__((aligned(16)));

#ifdef MEASURE_TRACE

void tsr_profile_mark(int32_t layer) { measure_marks[layer](); }

__attribute__((noinline)) void measure_begin(void);
__attribute__((noinline)) void measure_begin(void) { __asm__ volatile(""); }
__attribute__((noinline)) void measure_end(void);
__attribute__((noinline)) void measure_end(void) { __asm__ volatile(""); }

#else

static uint64_t layer_ticks[MEASURE_LAYERS + 1];
static uint64_t layer_marks[MEASURE_LAYERS + 1];
static uint64_t since;

/* Time from the end of one mark to the start of the next belongs to a layer. */
void tsr_profile_mark(int32_t layer) {
  layer_ticks[layer] += qemu_ticks() - since;
  ++layer_marks[layer];
  since = qemu_ticks();
}

static void report(int32_t model, uint64_t overhead) {
  qemu_print("model ");
  qemu_print_number(model);
  qemu_print("\n");
  for (int32_t i = 0; i < MEASURE_LAYERS; ++i) {
    if (layer_marks[i] == 0) continue;
    qemu_print("layer ");
    qemu_print_number(i);
    qemu_print(" ");
    qemu_print_number((int64_t)qemu_instructions(layer_ticks[i] - layer_marks[i] * overhead));
    qemu_print("\n");
    layer_ticks[i] = 0;
    layer_marks[i] = 0;
  }
}

#endif

int main(void) {
#ifndef MEASURE_TRACE
  qemu_calibrate();
  /* A mark straight behind another is nothing but the cost of marking. */
  enum { probe = MEASURE_LAYERS };
  since = qemu_ticks();
  TSR_MARK(probe);
  layer_ticks[probe] = 0;
  TSR_MARK(probe);
  const uint64_t overhead = layer_ticks[probe];
#endif
  for (int32_t model = 0; model < (int32_t)(sizeof measured / sizeof *measured); ++model) {
    for (int32_t i = 0; i < MEASURE_ARENA_BYTES; ++i) arena[i] = tsr_test_byte(i);
#ifdef MEASURE_TRACE
    measure_begin();
    measured[model](arena);
    measure_end();
#else
    since = qemu_ticks();
    measured[model](arena);
    report(model, overhead);
#endif
  }
  return 0;
}
