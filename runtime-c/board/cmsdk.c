/*
 * Tessera board port: Arm's MPS2 and MPS3 boards, as QEMU emulates them: mps2-an386, mps2-an500, mps3-an547.
 * Clocks run from reset. The serial line is a CMSDK APB UART.
 * Source: Cortex-M System Design Kit Technical Reference Manual (DDI 0479), 4.3 APB UART.
 */
#include "tsr_port.h"

#define UART_DATA (TSR_UART_ADDRESS + 0x00u)
#define UART_STATE (TSR_UART_ADDRESS + 0x04u)
#define UART_CTRL (TSR_UART_ADDRESS + 0x08u)
#define UART_BAUDDIV (TSR_UART_ADDRESS + 0x10u)

#define STATE_TX_FULL 0x1u
#define STATE_RX_FULL 0x2u
#define CTRL_TX_ENABLE 0x1u
#define CTRL_RX_ENABLE 0x2u

uint32_t tsr_port_start(void) { return TSR_CORE_HZ; }

uint32_t tsr_port_uart_hz(uint32_t core_hz) { return core_hz; }

void tsr_uart_start(uint32_t clock_hz) {
  /* At least 16, or the UART stays still. */
  TSR_REGISTER(UART_BAUDDIV) = (clock_hz + TSR_UART_BAUD / 2u) / TSR_UART_BAUD;
  TSR_REGISTER(UART_CTRL) = CTRL_TX_ENABLE | CTRL_RX_ENABLE;
}

int tsr_board_read(void) {
  if ((TSR_REGISTER(UART_STATE) & STATE_RX_FULL) == 0u) return -1;
  return (int)(TSR_REGISTER(UART_DATA) & 0xFFu);
}

void tsr_board_write(uint8_t byte) {
  if (tsr_wait(UART_STATE, STATE_TX_FULL, 0u)) TSR_REGISTER(UART_DATA) = byte;
}
