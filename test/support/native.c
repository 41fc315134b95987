/*
 * The native driver: reads, for each model in order, a count of samples (int32, of this machine) and their inputs from
 * the file named, and writes their outputs to standard output.
 */
#include <stdio.h>
#include <stdlib.h>

#include "harness.h"

extern const harness_model harness_models[];
extern const int32_t harness_count;

static const char *const problems[] = {"", "wrote outside its arena", "asked for rows, or gave them, out of order",
                                       "gave something else the second time", "failed its self-test"};

static void *take(size_t bytes) {
  void *block = malloc(bytes > 0 ? bytes : 1);
  if (block == NULL) exit(3);
  return block;
}

int main(int count, char **arguments) {
  FILE *file = count > 1 ? fopen(arguments[1], "rb") : NULL;
  if (file == NULL) return 3;
  int failed = 0;
  for (int32_t m = 0; m < harness_count; ++m) {
    const harness_model *model = &harness_models[m];
    int32_t samples = 0;
    if (fread(&samples, sizeof samples, 1, file) != 1) return 3;
    int8_t *in = take((size_t)model->input_bytes);
    int8_t *out = take((size_t)model->output_bytes);
    int8_t *again = take((size_t)model->output_bytes);
    int8_t *block = take((size_t)(model->arena_bytes + 2 * HARNESS_GUARD));
    fprintf(stderr, "running %s\n", model->name);
    for (int32_t s = 0; s < samples; ++s) {
      if (fread(in, 1, (size_t)model->input_bytes, file) != (size_t)model->input_bytes) return 3;
      const int problem = harness_check(model, block, in, out, again);
      if (problem != harness_ok) {
        fprintf(stderr, "%s, sample %d: %s\n", model->name, (int)s, problems[problem]);
        failed = 1;
      }
      fwrite(out, 1, (size_t)model->output_bytes, stdout);
    }
    fflush(stdout);
    free(in);
    free(out);
    free(again);
    free(block);
  }
  fclose(file);
  return failed;
}
