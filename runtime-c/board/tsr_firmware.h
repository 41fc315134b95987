/*
 * Tessera firmware: a program that runs models when it is told to over a serial line. It takes the commands of the
 * MLPerf Tiny benchmark (github.com/mlcommons/tiny, benchmark/api), so that its runner can drive it, and some of its own,
 * which begin with x-; docs/profile.md lists them.
 *
 * A generated file, tsr_models.c, says which models there are. Nothing here allocates or prints through a C library.
 */
#ifndef TSR_FIRMWARE_H
#define TSR_FIRMWARE_H

#include "tsr.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An input of a model. */
typedef struct tsr_input {
  int8_t *(*place)(void *arena); /* where it goes before a run; NULL: the model fetches its rows */
  uint32_t bytes;
  uint32_t row_bytes; /* of a fetched input; 0 of any other */
} tsr_input;

/* An output of a model: real value = (step - zero_point) * scale. */
typedef struct tsr_output {
  const int8_t *(*place)(const void *arena); /* where it stands after a run; NULL: the model hands its rows over */
  uint32_t bytes;
  uint32_t kept;      /* where in tsr_copy an output that is handed over is kept */
  uint32_t row_bytes; /* of such an output; 0 of any other */
  float scale;
  int32_t zero_point;
} tsr_output;

/* How the benchmark of the model's name has its inputs and results, where they are not the model's own steps. */
typedef struct tsr_benchmark {
  const int8_t *steps;  /* the step that each of the 256 bytes stands for; NULL: inputs come as float32, little endian */
  float inverse_scale;  /* of the input, for floats */
  int32_t zero_point;   /* of the input, for floats */
  int32_t mean_square;  /* 1: the result is the mean square of output less input */
} tsr_benchmark;

/* How the input reaches the model. */
typedef enum tsr_holding {
  TSR_HOLD_COPY,  /* a copy beside the arena: it may be run any number of times */
  TSR_HOLD_ARENA, /* only in the arena, where a run overwrites it */
  TSR_HOLD_NONE   /* nowhere: rows come over the serial line during the run (x-serve) */
} tsr_holding;

typedef struct tsr_model {
  const char *name;
  const char *sha256; /* of the ONNX file */
  uint32_t arena_bytes;
  uint32_t layer_count;
  const tsr_input *inputs;
  uint32_t input_count;
  const tsr_output *outputs;
  uint32_t output_count;
  tsr_holding holding;
  const tsr_benchmark *benchmark; /* NULL: none */
  void (*run)(void *arena, const tsr_source *source, const tsr_sink *sink);
  int (*self_test)(void *arena);
} tsr_model;

/* The bytes behind an array of arenas that no model may touch. */
#define TSR_GUARD_BYTES 16

/* An array that arenas lie in: one in each memory that has any. `bytes` of it, and TSR_GUARD_BYTES behind them. */
typedef struct tsr_region {
  int8_t *place;
  uint32_t bytes;
} tsr_region;

/* What tsr_models.c defines. */
extern const tsr_model tsr_models[];
extern const uint32_t tsr_model_count;
extern const char tsr_tool_version[];
extern const tsr_region tsr_regions[]; /* of all models, one at a time */
extern const uint32_t tsr_region_count;
extern int8_t tsr_arena[]; /* the first of them, which every function of a model is given; those of others know theirs */
extern uint8_t tsr_copy[]; /* of the input, and outputs that are handed over */
extern const uint32_t tsr_copy_bytes;
extern uint32_t tsr_layer_ticks[]; /* as many as the model with the most layers has */
extern uint32_t tsr_layer_marks[];

/* Says that the board is there, and obeys commands; for ever, but on a machine that can end its input (tsr_board_read < -1). */
void tsr_firmware(void);

#ifdef __cplusplus
}
#endif

#endif
