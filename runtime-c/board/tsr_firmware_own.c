/* Tessera firmware: the commands that are not the benchmark's. See tsr_session.h. */
#include "tsr_session.h"

/* What is painted to see which bytes a model touches. */
#define PAINT_A 0xA5u
#define PAINT_B 0x5Au

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
  const int32_t index = tsr_number_of(tsr_next_word(&rest));
  if (index < 0 || (uint32_t)index >= tsr_model_count) {
    tsr_put_error("There is no such model");
    return;
  }
  tsr_select_model(&tsr_models[index]);
  tsr_put_count("x-selected-", (uint32_t)index);
}

/* x-put AT N SUM: takes N raw bytes, steps of the input from AT on, that follow the command. */
static void do_put(char *rest) {
  const int32_t at = tsr_number_of(tsr_next_word(&rest));
  const int32_t count = tsr_number_of(tsr_next_word(&rest));
  const char *word = tsr_next_word(&rest);
  const uint32_t bytes = tsr_input_bytes(tsr_session.model);
  uint32_t expected = 0;
  for (uint32_t i = 0; word != NULL && i < 8u; ++i) {
    const int32_t digit = tsr_hex_of(word[i]);
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
  const int32_t index = tsr_number_of(tsr_next_word(&rest));
  const int32_t at = tsr_number_of(tsr_next_word(&rest));
  const int32_t count = tsr_number_of(tsr_next_word(&rest));
  const tsr_model *model = tsr_session.model;
  if (!tsr_session.has_results || index < 0 || (uint32_t)index >= model->output_count || at < 0 || count < 0 ||
      (uint32_t)at > model->outputs[index].bytes || (uint32_t)count > model->outputs[index].bytes - (uint32_t)at) {
    tsr_put_error("x-out I AT N: there are no such bytes");
    return;
  }
  const int8_t *from = tsr_output_place(&model->outputs[index]) + at;
  for (int32_t i = 0; i < count; ++i) {
    if (i % 32 == 0) tsr_put_text("x-bytes-[");
    tsr_put_hex_byte((uint8_t)from[i]);
    if (i % 32 == 31 || i + 1 == count) tsr_put_line("]");
  }
}

int tsr_obey_own(const char *word, char *rest) {
  if (tsr_is_same(word, "x-info")) {
    do_info();
  } else if (tsr_is_same(word, "x-model")) {
    do_model(rest);
  } else if (tsr_is_same(word, "x-put")) {
    do_put(rest);
  } else if (tsr_is_same(word, "x-serve")) {
    tsr_session.loaded = LOAD_SERVED;
    tsr_put_line("x-serve-[1]");
  } else if (tsr_is_same(word, "x-run")) {
    do_run();
  } else if (tsr_is_same(word, "x-layers")) {
    do_layers();
  } else if (tsr_is_same(word, "x-out")) {
    do_out(rest);
  } else if (tsr_is_same(word, "x-memory")) {
    put_memory();
  } else if (tsr_is_same(word, "x-self-test")) {
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
