/* The WebAssembly driver: the same checks, called model by model from JavaScript. */
#include "harness.h"

extern const harness_model harness_models[];

void *memcpy(void *restrict to, const void *restrict from, size_t count) { return __builtin_memcpy(to, from, count); }
void *memset(void *to, int value, size_t count) { return __builtin_memset(to, value, count); }

static int8_t harness_block[HARNESS_BLOCK_BYTES] __attribute__((aligned(16)));
static int8_t harness_in[HARNESS_INPUT_BYTES];
static int8_t harness_out[HARNESS_OUTPUT_BYTES];
static int8_t harness_again[HARNESS_OUTPUT_BYTES];

__attribute__((export_name("input"))) int8_t *harness_input(void) { return harness_in; }
__attribute__((export_name("output"))) int8_t *harness_output(void) { return harness_out; }
__attribute__((export_name("check"))) int harness_call(int32_t model) {
  return harness_check(&harness_models[model], harness_block, harness_in, harness_out, harness_again);
}
