/*
 * Between the files of a board port: registers by address, waiting with a bound, and what each file gives the others.
 */
#ifndef TSR_PORT_H
#define TSR_PORT_H

#include "tsr_board.h"

/* A register of 32 bits. */
#define TSR_REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))

/*
 * How often a status bit is looked at before a wait is given up: some tens of milliseconds at the frequency after a
 * reset. An oscillator of a board takes 1 to 10 ms to start, a PLL 0.3 ms at the most. Emulators that do not have the
 * register read it as 0 for ever.
 */
#define TSR_WAIT_LOOKS 100000u

/* Whether the bits of `mask` read as `value` in time. */
static inline int tsr_wait(uint32_t address, uint32_t mask, uint32_t value) {
  for (uint32_t look = 0; look < TSR_WAIT_LOOKS; ++look) {
    if ((TSR_REGISTER(address) & mask) == value) return 1;
  }
  return 0;
}

static inline void tsr_set_bits(uint32_t address, uint32_t bits) { TSR_REGISTER(address) |= bits; }
static inline void tsr_clear_bits(uint32_t address, uint32_t bits) { TSR_REGISTER(address) &= ~bits; }

/* Puts `bits` in the place of what the register has under `mask`. */
static inline void tsr_put_bits(uint32_t address, uint32_t mask, uint32_t bits) {
  TSR_REGISTER(address) = (TSR_REGISTER(address) & ~mask) | bits;
}

/* Clocks, pins and the power that they need; gives the core's frequency in Hz. From the file of the chip's family. */
uint32_t tsr_port_start(void);

/* The clock that feeds the serial line, in Hz, where the core runs at core_hz. From the same file. */
uint32_t tsr_port_uart_hz(uint32_t core_hz);

/* Sets the serial line to TSR_UART_BAUD, 8N1; `clock_hz` feeds it. From the driver's file. */
void tsr_uart_start(uint32_t clock_hz);

/* Starts the counter of tsr_board_ticks. From the counter's file. */
void tsr_ticks_start(void);

#endif
