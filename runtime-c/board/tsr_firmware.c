/* Tessera firmware: see tsr_firmware.h. */
#include "tsr_firmware.h"

#include "tsr_board.h"

/* The benchmark's own limit: characters of a command before its end. */
#define COMMAND_BYTES 80u
#define COMMAND_END '%'

/*
 * How often to look for a byte that was announced before it is given up: some seconds, on a board as in an emulator,
 * whose clock says nothing of the time that the host sees.
 */
#define BYTE_LOOKS 20000000u

/* What is painted to see which bytes a model touches. */
#define PAINT_A 0xA5u
#define PAINT_B 0x5Au
#define PAINT_STACK_BYTES 16384u

/* What the input is, at the moment. */
typedef enum loading {
  LOAD_PATTERN,   /* the one that every machine can make: the self-test's */
  LOAD_STEPS,     /* the model's own steps */
  LOAD_BENCHMARK, /* as the benchmark's runner sends it */
  LOAD_SERVED,    /* rows on demand, over the serial line */
  LOAD_SPENT      /* a run has overwritten it */
} loading;

static struct {
  const tsr_model *model;
  loading loaded;
  int32_t has_results;
  uint32_t expected; /* bytes that `db load` has announced */
  uint32_t received;
  uint32_t sum;      /* FNV-1a of what the answer so far consists of */
  uint64_t ticks;    /* since start */
  uint32_t last_ticks;
  int32_t is_over;   /* the input has ended */
  int32_t row_failed;
} state;

/* Time of the run in hand. */
static struct {
  uint32_t start;    /* when the layer in hand began */
  uint32_t overhead; /* of a mark */
  uint32_t excluded; /* ticks that are not the model's: marks, and fetching of rows */
  uint32_t total;
} profile;

/* ---- text out ---- */

static void put(char c) {
  state.sum = (state.sum ^ (uint8_t)c) * 16777619u;
  tsr_board_write((uint8_t)c);
}

static void put_text(const char *text) {
  while (*text != '\0') put(*text++);
}

static void put_end(void) { put_text("\r\n"); }

static void put_line(const char *text) {
  put_text(text);
  put_end();
}

static void put_number(uint64_t value) {
  char digits[20];
  uint32_t count = 0;
  do {
    digits[count++] = (char)('0' + (char)(value % 10u));
    value /= 10u;
  } while (value != 0u);
  while (count > 0u) put(digits[--count]);
}

static char hex_digit(uint32_t value) { return "0123456789abcdef"[value & 15u]; }

static void put_hex_byte(uint8_t byte) {
  put(hex_digit(byte >> 4));
  put(hex_digit(byte));
}

static void put_hex_word(uint32_t value) {
  for (int32_t shift = 24; shift >= 0; shift -= 8) put_hex_byte((uint8_t)(value >> shift));
}

static void put_error(const char *text) {
  put_text("e-[");
  put_text(text);
  put_line("]");
}

/* Three decimals, ties to even on the exact value, as printf("%.3f") does. Values beyond 2^50 are printed as 2^50. */
static void put_float(float value) {
  union {
    float value;
    uint32_t bits;
  } number = {value};
  const uint32_t field = (number.bits >> 23) & 255u;
  uint64_t thousandths = (number.bits & 0x7FFFFFu) | (field > 0u ? 0x800000u : 0u);
  /* |value| = mantissa * 2^exponent */
  const int32_t exponent = (int32_t)(field > 0u ? field : 1u) - 150;
  if (exponent > 27) {
    thousandths = ((uint64_t)1 << 50) * 1000u;
  } else if (exponent >= 0) {
    thousandths = (thousandths << exponent) * 1000u;
  } else {
    const int32_t down = -exponent;
    thousandths *= 1000u;
    if (down > 60) {
      thousandths = 0u;
    } else {
      const uint64_t half = (uint64_t)1 << (down - 1);
      const uint64_t rest = thousandths & ((half << 1) - 1u);
      thousandths >>= down;
      if (rest > half || (rest == half && (thousandths & 1u) != 0u)) ++thousandths;
    }
  }
  if ((number.bits >> 31) != 0u) put('-');
  put_number(thousandths / 1000u);
  const uint32_t rest = (uint32_t)(thousandths % 1000u);
  put('.');
  put((char)('0' + (char)(rest / 100u)));
  put((char)('0' + (char)(rest / 10u % 10u)));
  put((char)('0' + (char)(rest % 10u)));
}

/* ---- time ---- */

/* Ticks since start; must be called at least once while the board's counter goes round. */
static uint64_t now(void) {
  const uint32_t ticks = tsr_board_ticks();
  state.ticks += ticks - state.last_ticks;
  state.last_ticks = ticks;
  return state.ticks;
}

static void put_timestamp(void) {
  const uint64_t second = (uint64_t)(TSR_BOARD_TICKS_PER_SECOND);
  const uint64_t ticks = now();
  put_text("m-lap-us-");
  put_number(ticks / second * 1000000u + ticks % second * 1000000u / second);
  put_end();
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

static void clear_profile(void) {
  for (uint32_t i = 0; i < state.model->layer_count; ++i) {
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
  if (state.model->layer_count == 0u) return;
  for (uint32_t trial = 0; trial < 3u; ++trial) {
    TSR_MARK(0);
    tsr_layer_ticks[0] = 0u;
    TSR_MARK(0);
    least = tsr_layer_ticks[0] < least ? tsr_layer_ticks[0] : least;
  }
  profile.overhead = least;
#endif
}

/* ---- input ---- */

static uint32_t input_bytes(const tsr_model *model) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < model->input_count; ++i) sum += model->inputs[i].bytes;
  return sum;
}

/* How many bytes the benchmark's runner sends. */
static uint32_t benchmark_bytes(const tsr_model *model) {
  const int is_float = model->benchmark != NULL && model->benchmark->steps == NULL;
  return input_bytes(model) * (is_float ? 4u : 1u);
}

/* Where a byte of what is being loaded goes; the position counts through all inputs. */
static uint8_t *load_place(uint32_t position) {
  const tsr_model *model = state.model;
  if (model->holding == TSR_HOLD_COPY) return tsr_copy + position;
  for (uint32_t i = 0; i < model->input_count; ++i) {
    if (position < model->inputs[i].bytes) return (uint8_t *)model->inputs[i].place(tsr_arena) + position;
    position -= model->inputs[i].bytes;
  }
  return NULL;
}

static float copied_float(uint32_t index) {
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
  const tsr_benchmark *benchmark = state.loaded == LOAD_BENCHMARK ? state.model->benchmark : NULL;
  if (state.loaded == LOAD_PATTERN) {
    for (uint32_t i = 0; i < count; ++i) to[i] = tsr_test_byte((int32_t)(position + i));
  } else if (benchmark != NULL && benchmark->steps == NULL) {
    for (uint32_t i = 0; i < count; ++i) {
      to[i] = tsr_quantize(copied_float(position + i), benchmark->inverse_scale, benchmark->zero_point);
    }
  } else {
    const int is_copy = state.model->holding == TSR_HOLD_COPY;
    for (uint32_t i = 0; i < count; ++i) {
      const uint8_t byte = is_copy ? tsr_copy[position + i] : (uint8_t)to[i];
      to[i] = benchmark != NULL ? benchmark->steps[byte] : (int8_t)byte;
    }
  }
}

/* The next byte from the host; -1 where none comes in time. */
static int wait_byte(void) {
  for (uint32_t look = 0; look < BYTE_LOOKS; ++look) {
    const int byte = tsr_board_read();
    (void)now();
    if (byte >= 0) return byte;
    if (byte < -1) {
      state.is_over = 1;
      return -1;
    }
  }
  return -1;
}

static uint32_t fnv(uint32_t sum, uint8_t byte) { return (sum ^ byte) * 16777619u; }

#define FNV_START 2166136261u

/* Asks the host for a row: it sends the bytes, and their checksum, little endian. */
static int ask_row(int32_t input, int32_t row, uint8_t *to, uint32_t count) {
  uint32_t sum = FNV_START;
  put_text("x-row-[");
  put_number((uint64_t)(uint32_t)input);
  put(',');
  put_number((uint64_t)(uint32_t)row);
  put(',');
  put_number(count);
  put_line("]");
  for (uint32_t i = 0; i < count; ++i) {
    const int byte = wait_byte();
    if (byte < 0) return 0;
    to[i] = (uint8_t)byte;
    sum = fnv(sum, to[i]);
  }
  for (uint32_t i = 0; i < 4u; ++i) {
    const int byte = wait_byte();
    if (byte < 0 || (uint8_t)byte != (uint8_t)(sum >> (8u * i))) return 0;
  }
  return 1;
}

/* A row for a model that fetches them. The time that it takes is not the model's. */
static void read_row(void *context, int32_t input, int32_t row, int8_t *pixels) {
  const uint32_t start = tsr_board_ticks();
  const tsr_model *model = state.model;
  const tsr_input *port = &model->inputs[input];
  (void)context;
  if (state.loaded == LOAD_SERVED) {
    int fetched = 0;
    for (int trial = 0; trial < 3 && !fetched && !state.row_failed; ++trial) {
      fetched = ask_row(input, row, (uint8_t *)pixels, port->row_bytes);
    }
    if (!fetched) state.row_failed = 1;
  } else {
    uint32_t position = (uint32_t)row * port->row_bytes;
    for (int32_t i = 0; i < input; ++i) position += model->inputs[i].bytes;
    read_steps(position, port->row_bytes, pixels);
  }
  const uint32_t end = tsr_board_ticks();
  profile.excluded += end - start;
  profile.start += end - start;
}

/* ---- running ---- */

/* Puts inputs that are not fetched in their places. */
static void place_inputs(void) {
  const tsr_model *model = state.model;
  uint32_t position = 0;
  for (uint32_t i = 0; i < model->input_count; ++i) {
    const tsr_input *input = &model->inputs[i];
    if (input->place != NULL) read_steps(position, input->bytes, input->place(tsr_arena));
    position += input->bytes;
  }
}

/* One inference. Gives 0 where there is no input to run on. */
static int run_once(void) {
  const tsr_source source = {read_row, NULL};
  const tsr_model *model = state.model;
  if (state.loaded == LOAD_SPENT) return 0;
  place_inputs();
  clear_profile();
  state.row_failed = 0;
  (void)now();
  const uint32_t start = tsr_board_ticks();
  profile.start = start;
  model->run(tsr_arena, &source);
  profile.total = tsr_board_ticks() - start - profile.excluded;
  (void)now();
  if (model->holding == TSR_HOLD_ARENA && state.loaded != LOAD_PATTERN) state.loaded = LOAD_SPENT;
  state.has_results = !state.row_failed;
  return !state.row_failed;
}

static float output_value(const tsr_output *output, uint32_t index) {
  return (float)(output->place(tsr_arena)[index] - output->zero_point) * output->scale;
}

static void put_results(void) {
  const tsr_model *model = state.model;
  const tsr_benchmark *benchmark = model->benchmark;
  if (!state.has_results) {
    put_error("There is no result yet");
    return;
  }
  const tsr_output *output = &model->outputs[0];
  const int is_mean_square = benchmark != NULL && benchmark->mean_square != 0 && state.loaded == LOAD_BENCHMARK;
  put_text("m-results-[");
  if (is_mean_square) {
    float sum = 0.0f;
    for (uint32_t i = 0; i < output->bytes; ++i) {
      const float difference = output_value(output, i) - copied_float(i);
      sum += difference * difference;
    }
    put_float(sum / (float)output->bytes);
  } else {
    for (uint32_t i = 0; i < output->bytes; ++i) {
      if (i > 0u) put(',');
      put_float(output_value(output, i));
    }
  }
  put_line("]");
}

static void put_count(const char *text, uint32_t count) {
  put_text(text);
  put_number(count);
  put_end();
}

static void infer(uint32_t count, uint32_t warm_up) {
  int has_run = 1;
  if (state.loaded == LOAD_SERVED) state.loaded = LOAD_PATTERN;
  put_count("m-warmup-start-", warm_up);
  for (uint32_t i = 0; i < warm_up && has_run; ++i) has_run = run_once();
  put_line("m-warmup-done");
  put_count("m-infer-start-", count);
  put_timestamp();
  for (uint32_t i = 0; i < count && has_run; ++i) has_run = run_once();
  put_timestamp();
  put_line("m-infer-done");
  if (has_run) {
    put_results();
  } else {
    put_error("A run has overwritten the input, of which there is no room for a copy: load it again");
  }
}

/* ---- what a run touches ---- */

typedef struct touched {
  uint32_t arena; /* the last byte of the arena that was written, plus 1 */
  uint32_t stack; /* bytes below the caller */
  int32_t has_stack;
} touched;

static uint8_t *stack_pointer(void) {
#if defined(__arm__)
  uint8_t *pointer;
  __asm__ volatile("mov %0, sp" : "=r"(pointer));
  return pointer;
#else
  return NULL;
#endif
}

/* Runs on the test pattern, with the arena and what is free of the stack painted; no interrupt writes to the stack. */
static touched run_painted(uint8_t paint) {
  const tsr_source source = {read_row, NULL};
  const tsr_model *model = state.model;
  touched result = {0u, 0u, 0};
  for (uint32_t i = 0; i < tsr_arena_bytes + TSR_GUARD_BYTES; ++i) tsr_arena[i] = (int8_t)paint;
  state.loaded = LOAD_PATTERN;
  place_inputs();
  clear_profile();
  uint8_t *start = tsr_board_stack_start();
  uint8_t *pointer = start == NULL ? NULL : stack_pointer();
  if (pointer != NULL) {
    if ((uintptr_t)pointer - (uintptr_t)start > PAINT_STACK_BYTES) start = pointer - PAINT_STACK_BYTES;
    for (volatile uint8_t *p = start; p < pointer; ++p) *p = paint;
  }
  model->run(tsr_arena, &source);
  if (pointer != NULL) {
    volatile uint8_t *p = start;
    while (p < pointer && *p == paint) ++p;
    result.stack = (uint32_t)(pointer - p);
    result.has_stack = 1;
  }
  for (uint32_t i = 0; i < tsr_arena_bytes + TSR_GUARD_BYTES; ++i) {
    if ((uint8_t)tsr_arena[i] != paint) result.arena = i + 1u;
  }
  return result;
}

/* A byte that is written may equal the paint: two colours settle it. */
static void put_memory(void) {
  const touched a = run_painted(PAINT_A);
  const touched b = run_painted(PAINT_B);
  put_text("x-memory-[");
  if (a.has_stack) {
    put_number(a.stack > b.stack ? a.stack : b.stack);
  } else {
    put_text("none");
  }
  put(',');
  put_number(a.arena > b.arena ? a.arena : b.arena);
  put(',');
  put_number(state.model->arena_bytes);
  put_line("]");
  state.has_results = 1;
}

/* ---- commands ---- */

/* The next word of a command, or NULL; `rest` moves behind it. */
static char *next_word(char **rest) {
  char *start = *rest;
  while (*start == ' ') ++start;
  if (*start == '\0') return NULL;
  char *end = start;
  while (*end != '\0' && *end != ' ') ++end;
  if (*end != '\0') *end++ = '\0';
  *rest = end;
  return start;
}

static int is_same(const char *a, const char *b) {
  while (*a != '\0' && *a == *b) {
    ++a;
    ++b;
  }
  return *a == *b;
}

/* A whole number of digits only; -1 where the word is none, or is beyond 2^31 - 1. */
static int32_t number_of(const char *word) {
  uint32_t value = 0;
  if (word == NULL || *word == '\0') return -1;
  for (; *word != '\0'; ++word) {
    if (*word < '0' || *word > '9' || value > 214748363u) return -1;
    value = value * 10u + (uint32_t)(*word - '0');
  }
  return (int32_t)value;
}

static int32_t hex_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

static void select_model(const tsr_model *model) {
  state.model = model;
  state.loaded = LOAD_PATTERN;
  state.has_results = 0;
  state.expected = 0u;
  clear_profile();
  calibrate_marks();
  clear_profile();
}

static void expect_bytes(const char *word) {
  const int32_t count = number_of(word);
  const tsr_model *model = state.model;
  const int is_float = model->benchmark != NULL && model->benchmark->steps == NULL;
  if (word == NULL) {
    put_error("Command 'db load' requires the # of bytes");
  } else if (count <= 0) {
    put_error("Command 'db load' must be >0 bytes");
  } else if ((uint32_t)count != benchmark_bytes(model)) {
    put_text("e-[The model takes ");
    put_number(benchmark_bytes(model));
    put_line(" bytes]");
  } else if (model->holding == TSR_HOLD_NONE || (is_float && model->holding != TSR_HOLD_COPY)) {
    put_error("There is no room for the input");
  } else {
    state.expected = (uint32_t)count;
    state.received = 0u;
    put_text("m-[Expecting ");
    put_number((uint64_t)(uint32_t)count);
    put_line(" bytes]");
  }
}

static void load_digits(const char *digits) {
  uint32_t count = 0;
  while (digits[count] != '\0') ++count;
  if (state.expected == 0u || state.received == state.expected) {
    put_error("No bytes are expected: db load N");
    return;
  }
  if ((count & 1u) != 0u) {
    put_error("Insufficent number of hex digits");
    return;
  }
  for (uint32_t i = 0; i < count; i += 2u) {
    const int32_t high = hex_of(digits[i]);
    const int32_t low = hex_of(digits[i + 1u]);
    if (high < 0 || low < 0) {
      put_text("e-[Invalid hex digit '");
      put(digits[i]);
      put(digits[i + 1u]);
      put_line("']");
      return;
    }
    *load_place(state.received++) = (uint8_t)(high * 16 + low);
    if (state.received == state.expected) {
      state.loaded = LOAD_BENCHMARK;
      state.has_results = 0;
      put_line("m-load-done");
      return;
    }
  }
}

static void print_buffer(void) {
  for (uint32_t i = 0; i < state.received; ++i) {
    put_text(i % 8u == 0u ? "m-buffer-" : "-");
    put_hex_byte(*load_place(i));
    if (i % 8u == 7u || i + 1u == state.received) put_end();
  }
}

static void do_db(char *rest) {
  char *word = next_word(&rest);
  if (word == NULL) {
    put_error("Command 'db' requires a subcommand");
  } else if (is_same(word, "load")) {
    expect_bytes(next_word(&rest));
  } else if (is_same(word, "print")) {
    print_buffer();
  } else {
    load_digits(word);
  }
}

static void do_infer(char *rest) {
  const char *count_word = next_word(&rest);
  const char *warm_word = count_word == NULL ? NULL : next_word(&rest);
  const int32_t count = count_word == NULL ? 1 : number_of(count_word);
  const int32_t warm_up = warm_word == NULL ? 10 : number_of(warm_word);
  if (count <= 0) {
    put_error("Inference iterations must be >0");
  } else if (warm_up < 0) {
    put_error("Inference warmup must be >=0");
  } else {
    infer((uint32_t)count, (uint32_t)warm_up);
  }
}

static const char version_text[] = "ULPMark for tinyML Firmware V0.0.1";

static void do_help(void) {
  put_line(version_text);
  put_line("");
  put_line("help         : Print this information");
  put_line("name         : Print the name of the device");
  put_line("timestamp    : Generate a timestamp");
  put_line("profile      : Print the profile and the model");
  put_line("db load N    : Expect N bytes of input");
  put_line("db HH[HH]*   : Load bytes until there are N");
  put_line("db print     : Print the bytes that were loaded");
  put_line("infer N [W]  : Run N times after W warm-ups");
  put_line("results      : Print the results of the last run");
  put_line("x-info, x-model I, x-put AT N SUM, x-serve, x-run, x-layers, x-out I AT N, x-memory, x-self-test");
}

/* x-info: what runs here. */
static void do_info(void) {
  put_line("x-tool-[tessera]");
  put_text("x-version-[");
  put_text(tsr_tool_version);
  put_line("]");
  put_line("x-target-[" TSR_BOARD_NAME "]");
  put_line("x-unit-[" TSR_BOARD_TICK_UNIT "]");
  put_line("x-caches-[" TSR_BOARD_CACHES "]");
  put_text("x-rate-[");
  put_number((uint64_t)(TSR_BOARD_TICKS_PER_SECOND));
  put_line("]");
#ifdef TSR_PROFILE
  put_line("x-marks-[1]");
#else
  put_line("x-marks-[0]");
#endif
  for (uint32_t i = 0; i < tsr_model_count; ++i) {
    const tsr_model *model = &tsr_models[i];
    put_text("x-model-[");
    put_number(i);
    put(',');
    put_text(model->name);
    put(',');
    put_text(model->sha256);
    put(',');
    put_number(model->arena_bytes);
    put(',');
    put_number(input_bytes(model));
    put(',');
    put_number(model->layer_count);
    put(',');
    put_text(model->holding == TSR_HOLD_COPY ? "copy" : model->holding == TSR_HOLD_ARENA ? "arena" : "none");
    put_line("]");
  }
  put_text("x-selected-[");
  put_number((uint64_t)(state.model - tsr_models));
  put_line("]");
}

static void do_model(char *rest) {
  const int32_t index = number_of(next_word(&rest));
  if (index < 0 || (uint32_t)index >= tsr_model_count) {
    put_error("There is no such model");
    return;
  }
  select_model(&tsr_models[index]);
  put_count("x-selected-", (uint32_t)index);
}

/* x-put AT N SUM: takes N raw bytes, steps of the input from AT on, that follow the command. */
static void do_put(char *rest) {
  const int32_t at = number_of(next_word(&rest));
  const int32_t count = number_of(next_word(&rest));
  const char *word = next_word(&rest);
  const uint32_t bytes = input_bytes(state.model);
  uint32_t expected = 0;
  for (uint32_t i = 0; word != NULL && i < 8u; ++i) {
    const int32_t digit = hex_of(word[i]);
    if (digit < 0) {
      word = NULL;
    } else {
      expected = expected * 16u + (uint32_t)digit;
    }
  }
  if (at < 0 || count <= 0 || word == NULL || (uint32_t)at > bytes || (uint32_t)count > bytes - (uint32_t)at) {
    put_error("x-put AT N SUM: those bytes are not of the input");
    return;
  }
  if (state.model->holding == TSR_HOLD_NONE) {
    put_error("There is no room for the input: x-serve");
    return;
  }
  state.loaded = LOAD_SPENT;
  state.received = 0u;
  state.expected = 0u;
  uint32_t sum = FNV_START;
  for (uint32_t i = 0; i < (uint32_t)count; ++i) {
    const int byte = wait_byte();
    if (byte < 0) {
      put_error("Bytes were lost");
      return;
    }
    *load_place((uint32_t)at + i) = (uint8_t)byte;
    sum = fnv(sum, (uint8_t)byte);
  }
  if (sum != expected) {
    put_error("The checksum is wrong");
    return;
  }
  if ((uint32_t)at + (uint32_t)count == bytes) state.loaded = LOAD_STEPS;
  state.has_results = 0;
  put_text("x-put-[");
  put_number((uint64_t)(uint32_t)at);
  put(',');
  put_number((uint64_t)(uint32_t)count);
  put_line("]");
}

static void do_run(void) {
  if (!run_once()) {
    put_error(state.row_failed ? "A row did not come" : "There is no input: load it again");
    return;
  }
  put_text("x-run-[");
  put_number(profile.total);
  put_line("]");
}

static void do_layers(void) {
  for (uint32_t i = 0; i < state.model->layer_count; ++i) {
    put_text("x-layer-[");
    put_number(i);
    put(',');
    put_number(tsr_layer_ticks[i]);
    put(',');
    put_number(tsr_layer_marks[i]);
    put_line("]");
  }
}

/* x-out I AT N: bytes of output I after a run. */
static void do_out(char *rest) {
  const int32_t index = number_of(next_word(&rest));
  const int32_t at = number_of(next_word(&rest));
  const int32_t count = number_of(next_word(&rest));
  const tsr_model *model = state.model;
  if (!state.has_results || index < 0 || (uint32_t)index >= model->output_count || at < 0 || count < 0 ||
      (uint32_t)at > model->outputs[index].bytes || (uint32_t)count > model->outputs[index].bytes - (uint32_t)at) {
    put_error("x-out I AT N: there are no such bytes");
    return;
  }
  const int8_t *from = model->outputs[index].place(tsr_arena) + at;
  for (int32_t i = 0; i < count; ++i) {
    if (i % 32 == 0) put_text("x-bytes-[");
    put_hex_byte((uint8_t)from[i]);
    if (i % 32 == 31 || i + 1 == count) put_line("]");
  }
}

/* Our own commands. Their answers end with a checksum of all bytes before it. */
static int do_own(const char *word, char *rest) {
  if (is_same(word, "x-info")) {
    do_info();
  } else if (is_same(word, "x-model")) {
    do_model(rest);
  } else if (is_same(word, "x-put")) {
    do_put(rest);
  } else if (is_same(word, "x-serve")) {
    state.loaded = LOAD_SERVED;
    put_line("x-serve-[1]");
  } else if (is_same(word, "x-run")) {
    do_run();
  } else if (is_same(word, "x-layers")) {
    do_layers();
  } else if (is_same(word, "x-out")) {
    do_out(rest);
  } else if (is_same(word, "x-memory")) {
    put_memory();
  } else if (is_same(word, "x-self-test")) {
    clear_profile();
    if (state.model->holding == TSR_HOLD_ARENA && state.loaded != LOAD_PATTERN) state.loaded = LOAD_SPENT;
    put_line(state.model->self_test(tsr_arena) ? "x-self-test-[1]" : "x-self-test-[0]");
    state.has_results = 1;
  } else {
    return 0;
  }
  const uint32_t sum = state.sum;
  put_text("x-check-[");
  put_hex_word(sum);
  put_line("]");
  return 1;
}

static void obey(char *command) {
  char *rest = command;
  const char *word = next_word(&rest);
  state.sum = FNV_START;
  if (word == NULL) {
    /* Whoever sends only the end of a command wants to know whether anyone is there. */
  } else if (is_same(word, "name")) {
    put_line("m-name-dut-[tessera]");
  } else if (is_same(word, "timestamp")) {
    put_timestamp();
  } else if (is_same(word, "profile")) {
    put_text("m-profile-[");
    put_text(version_text);
    put_line("]");
    put_text("m-model-[");
    put_text(state.model->name);
    put_line("]");
  } else if (is_same(word, "help")) {
    do_help();
  } else if (is_same(word, "db")) {
    do_db(rest);
  } else if (is_same(word, "infer")) {
    do_infer(rest);
  } else if (is_same(word, "results")) {
    put_results();
  } else if (!do_own(word, rest)) {
    put_text("e-[Unknown command: ");
    put_text(word);
    put_line("]");
  }
  put_line("m-ready");
}

void tsr_firmware(void) {
  char command[COMMAND_BYTES + 1u];
  uint32_t length = 0;
  select_model(&tsr_models[0]);
  put_line("m-timestamp-mode-performance");
  put_timestamp();
  put_line("m-init-done");
  put_line("m-ready");
  while (!state.is_over) {
    const int byte = tsr_board_read();
    (void)now();
    if (byte < -1) return;
    if (byte < 0) continue;
    if (byte == COMMAND_END) {
      if (length > COMMAND_BYTES) {
        put_error("The command is too long");
        put_line("m-ready");
      } else {
        command[length] = '\0';
        obey(command);
      }
      length = 0u;
    } else if (byte >= ' ' && byte < 127) {
      /* Line ends, and noise that is no character, are not of a command. */
      if (length < COMMAND_BYTES) command[length] = (char)byte;
      if (length <= COMMAND_BYTES) ++length;
    }
  }
}
