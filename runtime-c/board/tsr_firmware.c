/* Tessera firmware: commands. See tsr_firmware.h. */
#include "tsr_firmware.h"

#include "tsr_session.h"

/* The benchmark's own limit: characters of a command before its end. */
#define COMMAND_BYTES 80u
#define COMMAND_END '%'

/* What is painted to see which bytes a model touches. */
#define PAINT_A 0xA5u
#define PAINT_B 0x5Au

static void put_timestamp(void) {
  const uint64_t second = (uint64_t)(TSR_BOARD_TICKS_PER_SECOND);
  const uint64_t ticks = tsr_now();
  tsr_put_text("m-lap-us-");
  tsr_put_number(ticks / second * 1000000u + ticks % second * 1000000u / second);
  tsr_put_end();
}

static float output_value(const tsr_output *output, uint32_t index) {
  return (float)(output->place(tsr_arena)[index] - output->zero_point) * output->scale;
}

static void put_results(void) {
  const tsr_model *model = tsr_session.model;
  const tsr_benchmark *benchmark = model->benchmark;
  if (!tsr_session.has_results) {
    tsr_put_error("There is no result yet");
    return;
  }
  const tsr_output *output = &model->outputs[0];
  const int is_mean_square = benchmark != NULL && benchmark->mean_square != 0 && tsr_session.loaded == LOAD_BENCHMARK;
  tsr_put_text("m-results-[");
  if (is_mean_square) {
    float sum = 0.0f;
    for (uint32_t i = 0; i < output->bytes; ++i) {
      const float difference = output_value(output, i) - tsr_copied_float(i);
      sum += difference * difference;
    }
    tsr_put_float(sum / (float)output->bytes);
  } else {
    for (uint32_t i = 0; i < output->bytes; ++i) {
      if (i > 0u) tsr_put(',');
      tsr_put_float(output_value(output, i));
    }
  }
  tsr_put_line("]");
}

static void put_count(const char *text, uint32_t count) {
  tsr_put_text(text);
  tsr_put_number(count);
  tsr_put_end();
}

static void infer(uint32_t count, uint32_t warm_up) {
  int has_run = 1;
  if (tsr_session.loaded == LOAD_SERVED) tsr_session.loaded = LOAD_PATTERN;
  put_count("m-warmup-start-", warm_up);
  for (uint32_t i = 0; i < warm_up && has_run; ++i) has_run = tsr_run_once();
  tsr_put_line("m-warmup-done");
  put_count("m-infer-start-", count);
  put_timestamp();
  for (uint32_t i = 0; i < count && has_run; ++i) has_run = tsr_run_once();
  put_timestamp();
  tsr_put_line("m-infer-done");
  if (has_run) {
    put_results();
  } else {
    tsr_put_error("A run has overwritten the input, of which there is no room for a copy: load it again");
  }
}

/* Said before what may take long, so that the host knows that the command has come. */
static void put_running(void) { tsr_put_line("x-running-[1]"); }

/* A byte that is written may equal the paint: two colours settle it. */
static void put_memory(void) {
  put_running();
  const tsr_touched a = tsr_run_painted(PAINT_A);
  const tsr_touched b = tsr_run_painted(PAINT_B);
  tsr_put_text("x-memory-[");
  if (a.has_stack) {
    tsr_put_number(a.stack > b.stack ? a.stack : b.stack);
  } else {
    tsr_put_text("none");
  }
  tsr_put(',');
  tsr_put_number(a.arena > b.arena ? a.arena : b.arena);
  tsr_put(',');
  tsr_put_number(tsr_session.model->arena_bytes);
  tsr_put_line("]");
  tsr_session.has_results = 1;
}

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
  tsr_session.model = model;
  tsr_session.loaded = LOAD_PATTERN;
  tsr_session.has_results = 0;
  tsr_session.expected = 0u;
  tsr_clear_profile();
  tsr_calibrate_marks();
  tsr_clear_profile();
}

static void expect_bytes(const char *word) {
  const int32_t count = number_of(word);
  const tsr_model *model = tsr_session.model;
  const int is_float = model->benchmark != NULL && model->benchmark->steps == NULL;
  if (word == NULL) {
    tsr_put_error("Command 'db load' requires the # of bytes");
  } else if (count <= 0) {
    tsr_put_error("Command 'db load' must be >0 bytes");
  } else if ((uint32_t)count != tsr_benchmark_bytes(model)) {
    tsr_put_text("e-[The model takes ");
    tsr_put_number(tsr_benchmark_bytes(model));
    tsr_put_line(" bytes]");
  } else if (model->holding == TSR_HOLD_NONE || (is_float && model->holding != TSR_HOLD_COPY)) {
    tsr_put_error("There is no room for the input");
  } else {
    tsr_session.expected = (uint32_t)count;
    tsr_session.received = 0u;
    tsr_put_text("m-[Expecting ");
    tsr_put_number((uint64_t)(uint32_t)count);
    tsr_put_line(" bytes]");
  }
}

static void load_digits(const char *digits) {
  uint32_t count = 0;
  while (digits[count] != '\0') ++count;
  if (tsr_session.expected == 0u || tsr_session.received == tsr_session.expected) {
    tsr_put_error("No bytes are expected: db load N");
    return;
  }
  if ((count & 1u) != 0u) {
    tsr_put_error("Insufficent number of hex digits");
    return;
  }
  for (uint32_t i = 0; i < count; i += 2u) {
    const int32_t high = hex_of(digits[i]);
    const int32_t low = hex_of(digits[i + 1u]);
    if (high < 0 || low < 0) {
      tsr_put_text("e-[Invalid hex digit '");
      tsr_put(digits[i]);
      tsr_put(digits[i + 1u]);
      tsr_put_line("']");
      return;
    }
    *tsr_load_place(tsr_session.received++) = (uint8_t)(high * 16 + low);
    if (tsr_session.received == tsr_session.expected) {
      tsr_session.loaded = LOAD_BENCHMARK;
      tsr_session.has_results = 0;
      tsr_put_line("m-load-done");
      return;
    }
  }
}

static void print_buffer(void) {
  for (uint32_t i = 0; i < tsr_session.received; ++i) {
    tsr_put_text(i % 8u == 0u ? "m-buffer-" : "-");
    tsr_put_hex_byte(*tsr_load_place(i));
    if (i % 8u == 7u || i + 1u == tsr_session.received) tsr_put_end();
  }
}

static void do_db(char *rest) {
  char *word = next_word(&rest);
  if (word == NULL) {
    tsr_put_error("Command 'db' requires a subcommand");
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
    tsr_put_error("Inference iterations must be >0");
  } else if (warm_up < 0) {
    tsr_put_error("Inference warmup must be >=0");
  } else {
    infer((uint32_t)count, (uint32_t)warm_up);
  }
}

static const char version_text[] = "ULPMark for tinyML Firmware V0.0.1";

static void do_help(void) {
  tsr_put_line(version_text);
  tsr_put_line("");
  tsr_put_line("help         : Print this information");
  tsr_put_line("name         : Print the name of the device");
  tsr_put_line("timestamp    : Generate a timestamp");
  tsr_put_line("profile      : Print the profile and the model");
  tsr_put_line("db load N    : Expect N bytes of input");
  tsr_put_line("db HH[HH]*   : Load bytes until there are N");
  tsr_put_line("db print     : Print the bytes that were loaded");
  tsr_put_line("infer N [W]  : Run N times after W warm-ups");
  tsr_put_line("results      : Print the results of the last run");
  tsr_put_line("x-info, x-model I, x-put AT N SUM, x-serve, x-run, x-layers, x-out I AT N, x-memory, x-self-test");
}

/* x-info: what runs here. */
static void do_info(void) {
  tsr_put_line("x-tool-[tessera]");
  tsr_put_text("x-version-[");
  tsr_put_text(tsr_tool_version);
  tsr_put_line("]");
  tsr_put_line("x-target-[" TSR_BOARD_NAME "]");
  tsr_put_line("x-unit-[" TSR_BOARD_TICK_UNIT "]");
  tsr_put_line("x-caches-[" TSR_BOARD_CACHES "]");
  tsr_put_text("x-rate-[");
  tsr_put_number((uint64_t)(TSR_BOARD_TICKS_PER_SECOND));
  tsr_put_line("]");
#ifdef TSR_PROFILE
  tsr_put_line("x-marks-[1]");
#else
  tsr_put_line("x-marks-[0]");
#endif
  for (uint32_t i = 0; i < tsr_model_count; ++i) {
    const tsr_model *model = &tsr_models[i];
    tsr_put_text("x-model-[");
    tsr_put_number(i);
    tsr_put(',');
    tsr_put_text(model->name);
    tsr_put(',');
    tsr_put_text(model->sha256);
    tsr_put(',');
    tsr_put_number(model->arena_bytes);
    tsr_put(',');
    tsr_put_number(tsr_input_bytes(model));
    tsr_put(',');
    tsr_put_number(model->layer_count);
    tsr_put(',');
    tsr_put_text(model->holding == TSR_HOLD_COPY ? "copy" : model->holding == TSR_HOLD_ARENA ? "arena" : "none");
    tsr_put_line("]");
  }
  tsr_put_text("x-selected-[");
  tsr_put_number((uint64_t)(tsr_session.model - tsr_models));
  tsr_put_line("]");
}

static void do_model(char *rest) {
  const int32_t index = number_of(next_word(&rest));
  if (index < 0 || (uint32_t)index >= tsr_model_count) {
    tsr_put_error("There is no such model");
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
  const uint32_t bytes = tsr_input_bytes(tsr_session.model);
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
    tsr_put_error("x-put AT N SUM: those bytes are not of the input");
    return;
  }
  if (tsr_session.model->holding == TSR_HOLD_NONE) {
    tsr_put_error("There is no room for the input: x-serve");
    return;
  }
  tsr_session.loaded = LOAD_SPENT;
  tsr_session.received = 0u;
  tsr_session.expected = 0u;
  uint32_t sum = TSR_FNV_START;
  for (uint32_t i = 0; i < (uint32_t)count; ++i) {
    const int byte = tsr_wait_byte();
    if (byte < 0) {
      tsr_put_error("Bytes were lost");
      return;
    }
    *tsr_load_place((uint32_t)at + i) = (uint8_t)byte;
    sum = tsr_fnv(sum, (uint8_t)byte);
  }
  if (sum != expected) {
    tsr_put_error("The checksum is wrong");
    return;
  }
  if ((uint32_t)at + (uint32_t)count == bytes) tsr_session.loaded = LOAD_STEPS;
  tsr_session.has_results = 0;
  tsr_put_text("x-put-[");
  tsr_put_number((uint64_t)(uint32_t)at);
  tsr_put(',');
  tsr_put_number((uint64_t)(uint32_t)count);
  tsr_put_line("]");
}

static void do_run(void) {
  put_running();
  if (!tsr_run_once()) {
    tsr_put_error(tsr_session.row_failed ? "A row did not come" : "There is no input: load it again");
    return;
  }
  tsr_put_text("x-run-[");
  tsr_put_number(tsr_session.run_ticks);
  tsr_put_line("]");
}

static void do_layers(void) {
  for (uint32_t i = 0; i < tsr_session.model->layer_count; ++i) {
    tsr_put_text("x-layer-[");
    tsr_put_number(i);
    tsr_put(',');
    tsr_put_number(tsr_layer_ticks[i]);
    tsr_put(',');
    tsr_put_number(tsr_layer_marks[i]);
    tsr_put_line("]");
  }
}

/* x-out I AT N: bytes of output I after a run. */
static void do_out(char *rest) {
  const int32_t index = number_of(next_word(&rest));
  const int32_t at = number_of(next_word(&rest));
  const int32_t count = number_of(next_word(&rest));
  const tsr_model *model = tsr_session.model;
  if (!tsr_session.has_results || index < 0 || (uint32_t)index >= model->output_count || at < 0 || count < 0 ||
      (uint32_t)at > model->outputs[index].bytes || (uint32_t)count > model->outputs[index].bytes - (uint32_t)at) {
    tsr_put_error("x-out I AT N: there are no such bytes");
    return;
  }
  const int8_t *from = model->outputs[index].place(tsr_arena) + at;
  for (int32_t i = 0; i < count; ++i) {
    if (i % 32 == 0) tsr_put_text("x-bytes-[");
    tsr_put_hex_byte((uint8_t)from[i]);
    if (i % 32 == 31 || i + 1 == count) tsr_put_line("]");
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
    tsr_session.loaded = LOAD_SERVED;
    tsr_put_line("x-serve-[1]");
  } else if (is_same(word, "x-run")) {
    do_run();
  } else if (is_same(word, "x-layers")) {
    do_layers();
  } else if (is_same(word, "x-out")) {
    do_out(rest);
  } else if (is_same(word, "x-memory")) {
    put_memory();
  } else if (is_same(word, "x-self-test")) {
    put_running();
    tsr_clear_profile();
    if (tsr_session.model->holding == TSR_HOLD_ARENA && tsr_session.loaded != LOAD_PATTERN) tsr_session.loaded = LOAD_SPENT;
    tsr_put_line(tsr_session.model->self_test(tsr_arena) ? "x-self-test-[1]" : "x-self-test-[0]");
    tsr_session.has_results = 1;
  } else {
    return 0;
  }
  const uint32_t sum = tsr_session.sum;
  tsr_put_text("x-check-[");
  tsr_put_hex_word(sum);
  tsr_put_line("]");
  return 1;
}

static void obey(char *command) {
  char *rest = command;
  const char *word = next_word(&rest);
  tsr_session.sum = TSR_FNV_START;
  if (word == NULL) {
    /* Whoever sends only the end of a command wants to know whether anyone is there. */
  } else if (is_same(word, "name")) {
    tsr_put_line("m-name-dut-[tessera]");
  } else if (is_same(word, "timestamp")) {
    put_timestamp();
  } else if (is_same(word, "profile")) {
    tsr_put_text("m-profile-[");
    tsr_put_text(version_text);
    tsr_put_line("]");
    tsr_put_text("m-model-[");
    tsr_put_text(tsr_session.model->name);
    tsr_put_line("]");
  } else if (is_same(word, "help")) {
    do_help();
  } else if (is_same(word, "db")) {
    do_db(rest);
  } else if (is_same(word, "infer")) {
    do_infer(rest);
  } else if (is_same(word, "results")) {
    put_results();
  } else if (!do_own(word, rest)) {
    tsr_put_text("e-[Unknown command: ");
    tsr_put_text(word);
    tsr_put_line("]");
  }
  tsr_put_line("m-ready");
}

void tsr_firmware(void) {
  char command[COMMAND_BYTES + 1u];
  uint32_t length = 0;
  select_model(&tsr_models[0]);
  tsr_put_line("m-timestamp-mode-performance");
  put_timestamp();
  tsr_put_line("m-init-done");
  tsr_put_line("m-ready");
  while (!tsr_session.is_over) {
    const int byte = tsr_board_read();
    (void)tsr_now();
    if (byte < -1) return;
    if (byte < 0) continue;
    if (byte == COMMAND_END) {
      if (length > COMMAND_BYTES) {
        tsr_put_error("The command is too long");
        tsr_put_line("m-ready");
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
