/* A board for tests: a process whose serial line is a socket, file descriptor 3, and whose ticks are nanoseconds. */
#define _POSIX_C_SOURCE 200809L
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "tsr_board.h"
#include "tsr_firmware.h"

#define LINE 3

static uint8_t out[4096];
static uint32_t out_count;

static void flush(void) {
  for (uint32_t done = 0; done < out_count;) {
    const ssize_t count = write(LINE, out + done, out_count - done);
    if (count <= 0) _exit(0);
    done += (uint32_t)count;
  }
  out_count = 0;
}

void tsr_board_init(void) {}

int tsr_board_read(void) {
  static uint8_t in[4096];
  static ssize_t count;
  static ssize_t at;
  if (at == count) {
    struct pollfd line = {.fd = LINE, .events = POLLIN};
    flush();
    if (poll(&line, 1, 1) <= 0) return -1;
    count = read(LINE, in, sizeof in);
    at = 0;
    if (count <= 0) {
      count = 0;
      return -2;
    }
  }
  return in[at++];
}

void tsr_board_write(uint8_t byte) {
  if (out_count == sizeof out) flush();
  out[out_count++] = byte;
}

uint32_t tsr_board_ticks(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint32_t)((uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec);
}

uint32_t tsr_board_core_hz(void) { return 1000000000u; }
uint8_t *tsr_board_stack_start(void) { return NULL; }
uint8_t *tsr_board_stack_end(void) { return NULL; }

int main(void) {
  tsr_board_init();
  tsr_firmware();
  flush();
  return 0;
}
