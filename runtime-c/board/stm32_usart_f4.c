/*
 * Tessera board port: the USART of STM32F4 and of older families, with one data register for both directions.
 * Source: RM0390, chapter Universal synchronous receiver transmitter (USART), registers.
 */
#include "tsr_port.h"

#define USART_SR (TSR_UART_ADDRESS + 0x00u)
#define USART_DR (TSR_UART_ADDRESS + 0x04u)
#define USART_BRR (TSR_UART_ADDRESS + 0x08u)
#define USART_CR1 (TSR_UART_ADDRESS + 0x0Cu)
#define SR_ORE (1u << 3)
#define SR_RXNE (1u << 5)
#define SR_TXE (1u << 7)
#define CR1_RE (1u << 2)
#define CR1_TE (1u << 3)
#define CR1_UE (1u << 13)

void tsr_uart_start(uint32_t clock_hz) {
  TSR_REGISTER(USART_CR1) = 0u;
  /* Sixteenths of a bit: the whole register is clock / baud. */
  TSR_REGISTER(USART_BRR) = (clock_hz + TSR_UART_BAUD / 2u) / TSR_UART_BAUD;
  TSR_REGISTER(USART_CR1) = CR1_UE | CR1_TE | CR1_RE;
}

int tsr_board_read(void) {
  const uint32_t status = TSR_REGISTER(USART_SR);
  /* To read the data register after the status takes an overrun away, too. */
  if ((status & (SR_RXNE | SR_ORE)) == 0u) return -1;
  const uint32_t data = TSR_REGISTER(USART_DR);
  return (status & SR_RXNE) != 0u ? (int)(data & 0xFFu) : -1;
}

void tsr_board_write(uint8_t byte) {
  if (tsr_wait(USART_SR, SR_TXE, SR_TXE)) TSR_REGISTER(USART_DR) = byte;
}
