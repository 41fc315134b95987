/* Tessera board port: the order in which a board starts, and what is the same on all of them. */
#include "tsr_port.h"

/* From the linker script. */
extern uint8_t tsr_stack_start[];
extern uint8_t tsr_stack_end[];

static uint32_t core_hz;

void tsr_board_init(void) {
  core_hz = tsr_port_start();
  tsr_uart_start(tsr_port_uart_hz(core_hz));
  tsr_ticks_start();
}

uint32_t tsr_board_core_hz(void) { return core_hz; }

uint8_t *tsr_board_stack_start(void) { return tsr_stack_start; }

uint8_t *tsr_board_stack_end(void) { return tsr_stack_end; }
