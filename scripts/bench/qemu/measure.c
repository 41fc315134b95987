/*
 * Measures one inference of a model, which the definitions of measure_model.h describe. Prints a line `instructions N`,
 * then, where it was compiled with TSR_PROFILE, a line `layer I N` for each layer; returns 1 where the self-test fails.
 */
#include "measure_model.h"
#include "qemu.h"

static int8_t arena[MEASURE_ARENA_BYTES] __attribute__((aligned(16)));

__attribute__((noinline)) void infer(void *context);
__attribute__((noinline)) void infer(void *context) {
  (void)context;
  measure_run(arena);
}

#ifdef TSR_PROFILE
static uint64_t layer_ticks[MEASURE_LAYERS + 1];
static uint64_t layer_marks[MEASURE_LAYERS + 1];
static uint64_t since;

/* Time from the end of one mark to the start of the next belongs to a layer. */
void tsr_profile_mark(int32_t layer) {
  layer_ticks[layer] += qemu_ticks() - since;
  ++layer_marks[layer];
  since = qemu_ticks();
}

static void report(void) {
  /* A mark straight behind another is nothing but the cost of marking. */
  enum { probe = MEASURE_LAYERS };
  since = qemu_ticks();
  TSR_MARK(probe);
  layer_ticks[probe] = 0;
  TSR_MARK(probe);
  const uint64_t overhead = layer_ticks[probe];
  since = qemu_ticks();
  infer(NULL);
  for (int32_t i = 0; i < MEASURE_LAYERS; ++i) {
    qemu_print("layer ");
    qemu_print_number(i);
    qemu_print(" ");
    qemu_print_number((int64_t)qemu_instructions(layer_ticks[i] - layer_marks[i] * overhead));
    qemu_print("\n");
  }
}
#else
static void report(void) {
  const uint64_t instructions = qemu_measure(infer, NULL);
  qemu_print("instructions ");
  qemu_print_number((int64_t)instructions);
  qemu_print("\n");
}
#endif

/* Between infer() and this, a trace is taken. */
__attribute__((noinline)) void inferred(void);
__attribute__((noinline)) void inferred(void) { __asm__ volatile(""); }

int main(void) {
#ifdef MEASURE_TRACE
  measure_fill(arena);
  infer(NULL);
  inferred();
  return 0;
#endif
  qemu_calibrate();
  measure_fill(arena);
  report();
#ifdef TSR_PROFILE
  return 0;
#else
  return measure_self_test(arena) ? 0 : 1;
#endif
}
