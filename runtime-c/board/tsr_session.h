/*
 * Tessera firmware: what its files share. tsr_firmware.c takes commands, tsr_firmware_benchmark.c and tsr_firmware_own.c
 * obey them, tsr_firmware_run.c runs models, tsr_firmware_text.c writes and reads text.
 */
#ifndef TSR_SESSION_H
#define TSR_SESSION_H

#include "tsr_board.h"
#include "tsr_firmware.h"

/* What the input is, at the moment. */
typedef enum tsr_loading {
  LOAD_PATTERN,   /* the one that every machine can make: the self-test's */
  LOAD_STEPS,     /* the model's own steps */
  LOAD_BENCHMARK, /* as the benchmark's runner sends it */
  LOAD_SERVED,    /* rows on demand, over the serial line */
  LOAD_SPENT      /* none: a run has overwritten it, or it has not come whole */
} tsr_loading;

typedef struct tsr_session_state {
  const tsr_model *model;
  tsr_loading loaded;
  int32_t has_results;
  uint32_t expected; /* bytes that `db load` has announced */
  uint32_t received;
  uint32_t sum;        /* FNV-1a of the command and of the answer so far */
  uint64_t ticks;      /* since start */
  uint32_t last_ticks; /* the board's counter at that time */
  uint32_t run_ticks;  /* of the last run, without marks and without fetching of rows */
  int32_t is_over;     /* the input has ended: on a machine where that can be */
  int32_t row_failed;  /* a row that the model asked for has not come */
} tsr_session_state;

extern tsr_session_state tsr_session;

/* FNV-1a, a byte at a time. Source: draft-eastlake-fnv. */
#define TSR_FNV_START 2166136261u
static inline uint32_t tsr_fnv(uint32_t sum, uint8_t byte) { return (sum ^ byte) * 16777619u; }

/* tsr_firmware_text.c: text to the host, which goes into the answer's checksum. */
void tsr_put(char c);
void tsr_put_text(const char *text);
void tsr_put_end(void);
void tsr_put_line(const char *text);
void tsr_put_number(uint64_t value);

/* value / by, and in *rest what is left: bit by bit, a tenth of the code of the compiler's division. by < 2^31 */
uint64_t tsr_divide(uint64_t value, uint32_t by, uint32_t *rest);
void tsr_put_hex_byte(uint8_t byte);
void tsr_put_hex_word(uint32_t value);
void tsr_put_error(const char *text);
void tsr_put_float(float value); /* with three decimals, as printf("%.3f") does */
void tsr_put_count(const char *text, uint32_t count); /* a line */

/* The next word of a command, or NULL; `rest` moves behind it. */
char *tsr_next_word(char **rest);

/* 1 where two words are the same. */
int tsr_is_same(const char *a, const char *b);

/* The value of a word of digits only; -1 where it is none, NULL or beyond 2^31 - 1. And of a hexadecimal digit. */
int32_t tsr_number_of(const char *word);
int32_t tsr_hex_of(char c);

/* tsr_firmware_benchmark.c, tsr_firmware_own.c: 0 where the command is none of theirs. */
int tsr_obey_benchmark(const char *word, char *rest);
int tsr_obey_own(const char *word, char *rest); /* the answer ends with a checksum */
void tsr_put_timestamp(void);

/* tsr_firmware_run.c */

/* Ticks since start; to be called at least once while the board's counter goes round. */
uint64_t tsr_now(void);

/* The next byte from the host; -1 where none comes in time. */
int tsr_wait_byte(void);

/* Bytes of all inputs; and how many the benchmark's runner sends. */
uint32_t tsr_input_bytes(const tsr_model *model);
uint32_t tsr_benchmark_bytes(const tsr_model *model);

/* Where a byte of what is being loaded goes; the position counts through all inputs. */
uint8_t *tsr_load_place(uint32_t position);

/* Where an output stands after a run. */
const int8_t *tsr_output_place(const tsr_output *output);

/* A value of what was loaded as floats. */
float tsr_copied_float(uint32_t index);

void tsr_select_model(const tsr_model *model);
void tsr_clear_profile(void);

/* One inference; 0 where there is no input to run on. */
int tsr_run_once(void);

/* What a run touched. */
typedef struct tsr_touched {
  uint32_t arena; /* bytes of the arena up to the last that was written; of several regions the sum */
  uint32_t stack; /* bytes below the function that calls the model */
  int32_t has_stack;
} tsr_touched;

/* A run on the test pattern, with the arena and the free stack painted. Nothing is loaded afterwards. */
tsr_touched tsr_run_painted(uint8_t paint);

#endif
