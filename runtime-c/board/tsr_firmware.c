/* Tessera firmware: takes commands. See tsr_firmware.h. */
#include "tsr_firmware.h"

#include "tsr_session.h"

/* The benchmark's own limit: characters of a command before its end. */
#define COMMAND_BYTES 80u
#define COMMAND_END '%'

static void obey(char *command) {
  char *rest = command;
  /* The command belongs to the sum: an answer that comes late is not taken for one to another command. */
  tsr_session.sum = TSR_FNV_START;
  for (const char *c = command; *c != '\0'; ++c) tsr_session.sum = tsr_fnv(tsr_session.sum, (uint8_t)*c);
  const char *word = tsr_next_word(&rest);
  if (word == NULL) {
    /* Whoever sends only the end of a command wants to know whether anyone is there. */
  } else if (!tsr_obey_benchmark(word, rest) && !tsr_obey_own(word, rest)) {
    tsr_put_text("e-[Unknown command: ");
    tsr_put_text(word);
    tsr_put_line("]");
  }
  tsr_put_line("m-ready");
}

void tsr_firmware(void) {
  char command[COMMAND_BYTES + 1u];
  uint32_t length = 0;
  tsr_select_model(&tsr_models[0]);
  tsr_put_line("m-timestamp-mode-performance");
  tsr_put_timestamp();
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
