/* Tessera firmware: inputs, runs of a model, and what they take of time and memory. See tsr_session.h. */
#include "tsr_session.h"

/*
 * How often to look for a byte that was announced before it is given up: some seconds, on a board as in an emulator,
 * whose clock says nothing of the time that the host sees.
 */
#ifndef TSR_BYTE_LOOKS
#define TSR_BYTE_LOOKS 20000000u
#endif

/* Of the free stack so much is painted, below the caller. */
#define PAINT_STACK_BYTES 16384u

tsr_session_state tsr_session;

/* Time of the run in hand. */
static struct {
  uint32_t start;    /* when the layer in hand began */
  uint32_t overhead; /* of a mark */
  uint32_t excluded; /* ticks that are not the model's: marks, and what is done with rows */
} profile;

/* Ticks since start; must be called at least once while the board's counter goes round. */
uint64_t tsr_now(void) {
  const uint32_t ticks = tsr_board_ticks();
  tsr_session.ticks += ticks - tsr_session.last_ticks;
  tsr_session.last_ticks = ticks;
  return tsr_session.ticks;
}

#ifdef TSR_PROFILE
void tsr_profile_mark(int32_t layer) {
  const uint32_t ticks = tsr_board_ticks();
  tsr_layer_ticks[layer] += ticks - profile.start - profile.overhead;
  ++tsr_layer_marks[layer];
  const uint32_t end = tsr_board_ticks();
  profile.excluded += end - ticks + profile.overhead;
  profile.start = end;
}
#endif

void tsr_clear_profile(void) {
  for (uint32_t i = 0; i < tsr_session.model->layer_count; ++i) {
    tsr_layer_ticks[i] = 0u;
    tsr_layer_marks[i] = 0u;
  }
  profile.excluded = 0u;
}

/* How long the way into a mark and out of it takes: what stands between two marks with nothing in between. */
static void calibrate_marks(void) {
#ifdef TSR_PROFILE
  uint32_t least = UINT32_MAX;
  profile.overhead = 0u;
  if (tsr_session.model->layer_count == 0u) return;
  for (uint32_t trial = 0; trial < 3u; ++trial) {
    TSR_MARK(0);
    tsr_layer_ticks[0] = 0u;
    TSR_MARK(0);
    least = tsr_layer_ticks[0] < least ? tsr_layer_ticks[0] : least;
  }
  profile.overhead = least;
#endif
}

uint32_t tsr_input_bytes(const tsr_model *model) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < model->input_count; ++i) sum += model->inputs[i].bytes;
  return sum;
}

/* How many bytes the benchmark's runner sends. */
uint32_t tsr_benchmark_bytes(const tsr_model *model) {
  const int is_float = model->benchmark != NULL && model->benchmark->steps == NULL;
  return tsr_input_bytes(model) * (is_float ? 4u : 1u);
}

/* Where a byte of what is being loaded goes; the position counts through all inputs. */
uint8_t *tsr_load_place(uint32_t position) {
  const tsr_model *model = tsr_session.model;
  if (model->holding == TSR_HOLD_COPY) return tsr_copy + position;
  for (uint32_t i = 0; i < model->input_count; ++i) {
    if (position < model->inputs[i].bytes) return (uint8_t *)model->inputs[i].place(tsr_arena) + position;
    position -= model->inputs[i].bytes;
  }
  return NULL;
}

const int8_t *tsr_output_place(const tsr_output *output) {
  return output->place != NULL ? output->place(tsr_arena) : (const int8_t *)tsr_copy + output->kept;
}

float tsr_copied_float(uint32_t index) {
  union {
    uint32_t bits;
    float value;
  } number;
  const uint8_t *from = tsr_copy + 4u * index;
  number.bits = (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
  return number.value;
}

/* Bytes of the input as steps; `position` counts through all inputs. */
static void read_steps(uint32_t position, uint32_t count, int8_t *to) {
  const tsr_benchmark *benchmark = tsr_session.loaded == LOAD_BENCHMARK ? tsr_session.model->benchmark : NULL;
  if (tsr_session.loaded == LOAD_PATTERN) {
    for (uint32_t i = 0; i < count; ++i) to[i] = tsr_test_byte((int32_t)(position + i));
  } else if (benchmark != NULL && benchmark->steps == NULL) {
    for (uint32_t i = 0; i < count; ++i) {
      to[i] = tsr_quantize(tsr_copied_float(position + i), benchmark->inverse_scale, benchmark->zero_point);
    }
  } else {
    const int is_copy = tsr_session.model->holding == TSR_HOLD_COPY;
    for (uint32_t i = 0; i < count; ++i) {
      const uint8_t byte = is_copy ? tsr_copy[position + i] : (uint8_t)to[i];
      to[i] = benchmark != NULL ? benchmark->steps[byte] : (int8_t)byte;
    }
  }
}

/* The next byte from the host; -1 where none comes in time. */
int tsr_wait_byte(void) {
  for (uint32_t look = 0; look < TSR_BYTE_LOOKS; ++look) {
    const int byte = tsr_board_read();
    (void)tsr_now();
    if (byte >= 0) return byte;
    if (byte < -1) {
      tsr_session.is_over = 1;
      return -1;
    }
  }
  return -1;
}

/* Asks the host for a row: it sends the bytes, and their checksum, little endian. */
static int ask_row(int32_t input, int32_t row, uint8_t *to, uint32_t count) {
  uint32_t sum = TSR_FNV_START;
  tsr_put_text("x-row-[");
  tsr_put_number((uint64_t)(uint32_t)input);
  tsr_put(',');
  tsr_put_number((uint64_t)(uint32_t)row);
  tsr_put(',');
  tsr_put_number(count);
  tsr_put_line("]");
  for (uint32_t i = 0; i < count; ++i) {
    const int byte = tsr_wait_byte();
    if (byte < 0) return 0;
    to[i] = (uint8_t)byte;
    sum = tsr_fnv(sum, to[i]);
  }
  for (uint32_t i = 0; i < 4u; ++i) {
    const int byte = tsr_wait_byte();
    if (byte < 0 || (uint8_t)byte != (uint8_t)(sum >> (8u * i))) return 0;
  }
  return 1;
}

/* A row for a model that fetches them. The time that it takes is not the model's. */
static void read_row(void *context, int32_t input, int32_t row, int8_t *pixels) {
  const uint32_t start = tsr_board_ticks();
  const tsr_model *model = tsr_session.model;
  const tsr_input *port = &model->inputs[input];
  (void)context;
  if (tsr_session.loaded == LOAD_SERVED) {
    int fetched = 0;
    for (int trial = 0; trial < 3 && !fetched && !tsr_session.row_failed; ++trial) {
      fetched = ask_row(input, row, (uint8_t *)pixels, port->row_bytes);
    }
    if (!fetched) tsr_session.row_failed = 1;
  } else {
    uint32_t position = (uint32_t)row * port->row_bytes;
    for (int32_t i = 0; i < input; ++i) position += model->inputs[i].bytes;
    read_steps(position, port->row_bytes, pixels);
  }
  const uint32_t end = tsr_board_ticks();
  profile.excluded += end - start;
  profile.start += end - start;
}

/* A row from a model that hands them over. The time that it takes is not the model's either. */
static void write_row(void *context, int32_t output, int32_t row, const int8_t *pixels) {
  const uint32_t start = tsr_board_ticks();
  const tsr_output *port = &tsr_session.model->outputs[output];
  uint8_t *to = tsr_copy + port->kept + (uint32_t)row * port->row_bytes;
  (void)context;
  for (uint32_t i = 0; i < port->row_bytes; ++i) to[i] = (uint8_t)pixels[i];
  const uint32_t end = tsr_board_ticks();
  profile.excluded += end - start;
  profile.start += end - start;
}

/* Puts inputs that are not fetched in their places. */
static void place_inputs(void) {
  const tsr_model *model = tsr_session.model;
  uint32_t position = 0;
  for (uint32_t i = 0; i < model->input_count; ++i) {
    const tsr_input *input = &model->inputs[i];
    if (input->place != NULL) read_steps(position, input->bytes, input->place(tsr_arena));
    position += input->bytes;
  }
}

/* One inference. Gives 0 where there is no input to run on. */
int tsr_run_once(void) {
  const tsr_source source = {read_row, NULL};
  const tsr_sink sink = {write_row, NULL};
  const tsr_model *model = tsr_session.model;
  if (tsr_session.loaded == LOAD_SPENT) return 0;
  place_inputs();
  tsr_clear_profile();
  tsr_session.row_failed = 0;
  (void)tsr_now();
  const uint32_t start = tsr_board_ticks();
  profile.start = start;
  model->run(tsr_arena, &source, &sink);
  tsr_session.run_ticks = tsr_board_ticks() - start - profile.excluded;
  (void)tsr_now();
  if (model->holding == TSR_HOLD_ARENA && tsr_session.loaded != LOAD_PATTERN) tsr_session.loaded = LOAD_SPENT;
  tsr_session.has_results = !tsr_session.row_failed;
  return !tsr_session.row_failed;
}

static uint8_t *stack_pointer(void) {
#if defined(__arm__)
  uint8_t *pointer;
  __asm__ volatile("mov %0, sp" : "=r"(pointer));
  return pointer;
#else
  return NULL;
#endif
}

/* The bytes of all regions up to the last that was written in each; more than they have where a guard was. */
static uint32_t touched_bytes(uint8_t paint) {
  uint32_t touched = 0;
  uint32_t most = 0;
  uint32_t beyond = 0;
  for (uint32_t r = 0; r < tsr_region_count; ++r) {
    const tsr_region *region = &tsr_regions[r];
    uint32_t end = 0;
    for (uint32_t i = 0; i < region->bytes + TSR_GUARD_BYTES; ++i) {
      if ((uint8_t)region->place[i] != paint) end = i + 1u;
    }
    touched += end;
    most += region->bytes;
    if (end > region->bytes) beyond += end - region->bytes;
  }
  return beyond > 0u ? most + beyond : touched;
}

/* Runs on the test pattern, with the arena and what is free of the stack painted; no interrupt writes to the stack. */
tsr_touched tsr_run_painted(uint8_t paint) {
  const tsr_source source = {read_row, NULL};
  const tsr_sink sink = {write_row, NULL};
  const tsr_model *model = tsr_session.model;
  tsr_touched result = {0u, 0u, 0};
  for (uint32_t r = 0; r < tsr_region_count; ++r) {
    for (uint32_t i = 0; i < tsr_regions[r].bytes + TSR_GUARD_BYTES; ++i) tsr_regions[r].place[i] = (int8_t)paint;
  }
  tsr_session.loaded = LOAD_PATTERN;
  place_inputs();
  tsr_clear_profile();
  uint8_t *start = tsr_board_stack_start();
  uint8_t *pointer = start == NULL ? NULL : stack_pointer();
  if (pointer != NULL) {
    if ((uintptr_t)pointer - (uintptr_t)start > PAINT_STACK_BYTES) start = pointer - PAINT_STACK_BYTES;
    for (volatile uint8_t *p = start; p < pointer; ++p) *p = paint;
  }
  model->run(tsr_arena, &source, &sink);
  if (pointer != NULL) {
    volatile uint8_t *p = start;
    while (p < pointer && *p == paint) ++p;
    result.stack = (uint32_t)(pointer - p);
    result.has_stack = 1;
  }
  result.arena = touched_bytes(paint);
  return result;
}

void tsr_select_model(const tsr_model *model) {
  tsr_session.model = model;
  tsr_session.loaded = LOAD_PATTERN;
  tsr_session.has_results = 0;
  tsr_session.expected = 0u;
  tsr_clear_profile();
  calibrate_marks();
  tsr_clear_profile();
}
