/*
 * Tessera firmware: the commands of the MLPerf Tiny benchmark. See tsr_session.h.
 * Source: github.com/mlcommons/tiny, benchmark/api: what is sent and answered, and in which order.
 */
#include "tsr_session.h"

void tsr_put_timestamp(void) {
  const uint32_t second = (uint32_t)(TSR_BOARD_TICKS_PER_SECOND);
  uint32_t rest;
  const uint64_t seconds = tsr_divide(tsr_now(), second, &rest);
  tsr_put_text("m-lap-us-");
  tsr_put_number(seconds * 1000000u + tsr_divide((uint64_t)rest * 1000000u, second, &rest));
  tsr_put_end();
}

static float output_value(const tsr_output *output, uint32_t index) {
  return (float)(tsr_output_place(output)[index] - output->zero_point) * output->scale;
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

static void infer(uint32_t count, uint32_t warm_up) {
  int has_run = 1;
  if (tsr_session.loaded == LOAD_SERVED) tsr_session.loaded = LOAD_PATTERN;
  tsr_put_count("m-warmup-start-", warm_up);
  for (uint32_t i = 0; i < warm_up && has_run; ++i) has_run = tsr_run_once();
  tsr_put_line("m-warmup-done");
  tsr_put_count("m-infer-start-", count);
  tsr_put_timestamp();
  for (uint32_t i = 0; i < count && has_run; ++i) has_run = tsr_run_once();
  tsr_put_timestamp();
  tsr_put_line("m-infer-done");
  if (has_run) {
    put_results();
  } else {
    tsr_put_error("A run has overwritten the input, of which there is no room for a copy: load it again");
  }
}

static void expect_bytes(const char *word) {
  const int32_t count = tsr_number_of(word);
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
    const int32_t high = tsr_hex_of(digits[i]);
    const int32_t low = tsr_hex_of(digits[i + 1u]);
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
  char *word = tsr_next_word(&rest);
  if (word == NULL) {
    tsr_put_error("Command 'db' requires a subcommand");
  } else if (tsr_is_same(word, "load")) {
    expect_bytes(tsr_next_word(&rest));
  } else if (tsr_is_same(word, "print")) {
    print_buffer();
  } else {
    load_digits(word);
  }
}

static void do_infer(char *rest) {
  const char *count_word = tsr_next_word(&rest);
  const char *warm_word = count_word == NULL ? NULL : tsr_next_word(&rest);
  const int32_t count = count_word == NULL ? 1 : tsr_number_of(count_word);
  const int32_t warm_up = warm_word == NULL ? 10 : tsr_number_of(warm_word);
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
  tsr_put_line("help, name, timestamp, profile, db load N, db HH[HH]*, db print, infer N [W], results");
  tsr_put_line("x-info, x-model I, x-put AT N SUM, x-serve, x-run, x-layers, x-out I AT N, x-memory, x-self-test");
}

int tsr_obey_benchmark(const char *word, char *rest) {
  if (tsr_is_same(word, "name")) {
    tsr_put_line("m-name-dut-[tessera]");
  } else if (tsr_is_same(word, "timestamp")) {
    tsr_put_timestamp();
  } else if (tsr_is_same(word, "profile")) {
    tsr_put_text("m-profile-[");
    tsr_put_text(version_text);
    tsr_put_line("]");
    tsr_put_text("m-model-[");
    tsr_put_text(tsr_session.model->name);
    tsr_put_line("]");
  } else if (tsr_is_same(word, "help")) {
    do_help();
  } else if (tsr_is_same(word, "db")) {
    do_db(rest);
  } else if (tsr_is_same(word, "infer")) {
    do_infer(rest);
  } else if (tsr_is_same(word, "results")) {
    put_results();
  } else {
    return 0;
  }
  return 1;
}
